import { STRATEGY_OF } from '../../src/reward/strategy.js';
import type { AnswerReason, PassageResult } from '../../src/types.js';
import type { FailedReply, Reply } from './fake-service.js';

const SENTENCE = 'The invention of the modern piano is credited to Bartolomeo Cristofori of Padua, Italy.';
const SNIPPET = `${SENTENCE} He was employed by Ferdinando de' Medici, Grand Prince of Tuscany, as the Keeper of the Instruments, and was an expert harpsichord maker.`;

const TITLES = ['Piano', 'Harpsichord', 'Clavichord', 'Fortepiano', 'Organ (music)', 'Musical keyboard', 'Accordion'];

/** `count` hits about keyboard instruments; the first one holds the sentence of the answer. */
export function pianoHits(count: number): PassageResult[] {
  return Array.from({ length: count }, (_, index) => {
    const title = TITLES[index % TITLES.length]!;
    const snippet =
      index === 0
        ? SNIPPET
        : `${title}, passage ${index + 1}: a keyboard instrument whose strings are struck or plucked when a key is pressed; the piano took its place in most European music of the later eighteenth century.`;
    const at = snippet.indexOf('piano');
    return {
      type: 'passage',
      id: `wikipedia-${title.toLowerCase()}#${index}`,
      documentId: `wikipedia-${title.toLowerCase()}`,
      title,
      url: `https://en.wikipedia.org/wiki/${title.replaceAll(' ', '_')}`,
      snippet,
      highlights: [{ start: at, end: at + 'piano'.length }],
      score: 0.9 - index / 100,
    };
  });
}

const NOTICE = 'You are not alone. In many countries a helpline is open day and night.';

const answered = {
  hits: pianoHits(10),
  status: { shown: true, strategy: 'answer', reason: 'shown', confidence: 0.9 },
  answer: {
    text: 'Bartolomeo Cristofori',
    confidence: 0.9,
    citations: [
      {
        passageId: 'wikipedia-piano#0',
        documentId: 'wikipedia-piano',
        url: 'https://en.wikipedia.org/wiki/Piano',
        quote: SENTENCE,
        start: 1200,
        end: 1200 + SENTENCE.length,
      },
    ],
  },
} satisfies Reply;

const absent = (reason: AnswerReason, more: object = {}): Reply => ({
  hits: pianoHits(4),
  status: { shown: false, strategy: STRATEGY_OF[reason], reason, ...more },
});

export const CHOICES = [
  { label: 'French Revolution', query: 'When did the French Revolution begin?' },
  { label: 'Russian Revolution', query: 'When did the Russian Revolution begin?' },
];

const attack = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';

/** A reply for each query that a test asks; anything else finds nothing. */
export const CANNED_REPLIES: Record<string, Reply | FailedReply> = {
  'who invented the piano': { ...answered, slot: 1 },
  'answer on top': { ...answered, slot: 0, hold: 'answer' },
  'answer far below': { ...answered, slot: 8 },
  'many hits': { ...answered, hits: pianoHits(23), slot: 0 },
  'never answered': { ...answered, hold: 'answer' },
  'slow hits': { ...answered, hold: 'hits' },
  'no answer: low-confidence': absent('low-confidence', { confidence: 0.43 }),
  'no answer: no-evidence': absent('no-evidence'),
  'no answer: declined': absent('declined'),
  'no answer: unsafe-query': absent('unsafe-query', { notice: NOTICE }),
  'no answer: deadline': absent('deadline'),
  'no answer: generator-unavailable': absent('generator-unavailable'),
  'no answer: not-a-question': absent('not-a-question'),
  'no answer: failed-check': absent('failed-check', { check: 'values-in-quote' }),
  'no answer: promise-broken': absent('promise-broken'),
  'when did the revolution begin': absent('ambiguous-query', { choices: CHOICES }),
  'sources disagree': {
    hits: pianoHits(4),
    status: { shown: true, strategy: 'hedge', reason: 'sources-disagree', confidence: 0.91 },
    answer: {
      text: 'Sources disagree: [1] says 1700, [2] says 1709.',
      confidence: 0.91,
      citations: [
        { ...answered.answer.citations[0]!, quote: 'It was invented in 1700.' },
        {
          ...answered.answer.citations[0]!,
          passageId: 'wikipedia-harpsichord#1',
          documentId: 'wikipedia-harpsichord',
          quote: 'It dates from 1709.',
        },
      ],
      disagreement: {
        claims: [
          { text: '1700', citation: 0, date: '2020-05-01' },
          { text: '1709', citation: 1 },
        ],
      },
    },
    slot: 0,
  },
  'as of when': { ...answered, answer: { ...answered.answer, asOf: '2026-03-01' }, slot: 0 },
  'connection cut': { ...absent('deadline'), cut: true },
  'half of it': { ...absent('declined'), degraded: ['dense'] },
  busy: { failure: { status: 503, code: 'overloaded', detail: 'The service is busy.' } },
  'new failure': { failure: { status: 418, code: 'teapot', detail: `Short and stout. ${attack}` } },
  [attack]: {
    hits: [
      { ...pianoHits(1)[0]!, title: attack, snippet: `${attack} piano`, highlights: [{ start: 0, end: 9 }] },
      { ...pianoHits(2)[1]!, title: 'A script as address', url: 'javascript:window.hacked=1' },
      { ...pianoHits(3)[2]!, title: 'Data as address', url: 'data:text/html,<script>window.hacked=1</script>' },
    ],
    status: { shown: true, strategy: 'answer', reason: 'shown', confidence: 0.97 },
    answer: {
      text: attack,
      confidence: 0.97,
      citations: [{ ...answered.answer.citations[0]!, quote: attack, url: 'javascript:window.hacked=1' }],
    },
    slot: 0,
  },
};

export { attack as ATTACK, NOTICE, SENTENCE };

export function cannedReply(query: string): Reply | FailedReply {
  return CANNED_REPLIES[query] ?? { hits: [], status: { shown: false, strategy: 'decline', reason: 'no-evidence' } };
}
