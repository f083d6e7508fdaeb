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
      text: '88',
      confidence: 0.934,
      citations: [{ passageId: 'piano#0', documentId: 'piano', url: '', quote: hit.snippet, start: 0, end: 22 }],
    },
    hit,
  ],
  answerStatus: { shown: true, reason: 'shown', confidence: 0.934 },
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
    expect(without({ shown: false, reason: 'low-confidence', confidence: 0.41 })).toBe(
      'No answer: the best candidate is not sure enough (41 %).\n\nNothing found.',
    );
    expect(without({ shown: false, reason: 'unsafe-query', notice: 'Call someone.' })).toContain('\nCall someone.');
    for (const reason of ANSWER_REASONS) expect(without({ shown: false, reason })).not.toContain('undefined');
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
