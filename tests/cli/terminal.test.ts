import { describe, expect, it } from 'vitest';
import { plain, renderHits, renderResponse, type Style, styleFor } from '../../src/cli/terminal.js';
import { ANSWER_REASONS, type PassageResult, type SearchResponse } from '../../src/types.js';

const hit: PassageResult = {
  type: 'passage',
  id: 'piano#0',
  documentId: 'piano',
  title: 'Piano',
  url: 'https://example.org/piano',
  snippet: 'The piano has 88 keys.',
  highlights: [{ start: 4, end: 9 }],
  score: 0.9,
};

const response: SearchResponse = {
  requestId: 'r',
  results: [
    {
      type: 'answer',
      layout: 'inline',
      text: '88',
      confidence: 0.934,
      citations: [{ passageId: 'piano#0', documentId: 'piano', url: '', quote: hit.snippet, start: 0, end: 22 }],
    },
    hit,
  ],
  answerStatus: { shown: true, strategy: 'answer', reason: 'shown', confidence: 0.934 },
  timings: {},
};

const angle: Style = { bold: (text) => `<${text}>`, dim: (text) => text };

describe('renderResponse', () => {
  it('prints the answer, its quote and its source before the hits', () => {
    expect(renderResponse(response, plain)).toBe(`88  (confidence 93 %)
  “The piano has 88 keys.”
  piano

 1. Piano  https://example.org/piano
    The piano has 88 keys.`);
  });

  it('says why there is no answer, and where to find help', () => {
    const without = (answerStatus: SearchResponse['answerStatus']) =>
      renderResponse({ ...response, results: [], answerStatus }, plain);
    const silent = { shown: false, strategy: 'stay-silent' } as const;
    const message = 'No answer is sure enough to rely on.';
    expect(without({ ...silent, reason: 'low-confidence', message, confidence: 0.41 })).toBe(
      'No answer is sure enough to rely on. (low-confidence, 41 %)\n\nNothing found.',
    );
    expect(without({ ...silent, reason: 'unsafe-query', notice: 'Call someone.' })).toContain('\nCall someone.');
    for (const reason of ANSWER_REASONS) expect(without({ ...silent, reason })).not.toContain('undefined');
  });

  it('asks back with what can be asked instead', () => {
    const choices = [{ label: 'French Revolution', query: 'When did the French Revolution begin?' }];
    const answerStatus = {
      shown: false,
      strategy: 'ask-back',
      reason: 'ambiguous-query',
      message: 'Which one do you mean?',
      choices,
    } as const;
    expect(renderResponse({ ...response, results: [], answerStatus }, plain)).toContain(
      'Which one do you mean? (ambiguous-query)\n  - French Revolution: candor ask "When did the French Revolution begin?"',
    );
  });

  it('numbers the quotes of sources that disagree, and says as of when an answer holds', () => {
    const [answer] = response.results as [Extract<SearchResponse['results'][number], { type: 'answer' }>];
    const [first] = answer.citations;
    const both = {
      ...answer,
      text: 'Sources disagree: [1] says 88, [2] says 85.',
      citations: [first!, { ...first!, quote: 'It has 85 keys.' }],
      disagreement: {
        claims: [
          { text: '88', citation: 0 },
          { text: '85', citation: 1, date: '1900' },
        ],
      },
    };
    expect(renderResponse({ ...response, results: [both] }, plain)).toContain(
      '  [1] “The piano has 88 keys.”\n  piano\n  [2] “It has 85 keys.”\n  piano, 1900',
    );
    const dated = { ...answer, asOf: '2026-01-01' };
    expect(renderResponse({ ...response, results: [dated] }, plain)).toContain(
      '88  (confidence 93 %, as of 2026-01-01)',
    );
  });
});

describe('renderHits', () => {
  it('marks words and goes on counting', () => {
    expect(renderHits([hit], angle, 10)).toBe('11. <Piano>  https://example.org/piano\n    The <piano> has 88 keys.');
  });

  it('lets no document write into the terminal', () => {
    const evil = { ...hit, title: '\u001b]0;owned\u0007', snippet: 'a\u001b[2Jb\rc', highlights: [], url: '\u009b31m' };
    expect(renderHits([evil], plain).replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});

describe('styleFor', () => {
  it('uses no escapes in files and pipes', () => {
    expect(styleFor({}).bold('a')).toBe('a');
    expect(styleFor({ isTTY: false }).bold('a')).toBe('a');
  });
});
