import type { AnswerRecord } from '../../src/evaluation/answer-record.js';

/** A record of a question that nothing was found for, with what a test changes. */
export function record(given: Partial<AnswerRecord> = {}): AnswerRecord {
  return {
    id: 'q1',
    question: 'How long is the Nile?',
    answers: ['6,853 km'],
    answerable: true,
    retrieved: [],
    hits: [],
    candidates: [],
    passagesRead: [],
    relevanceScores: {},
    top: null,
    features: null,
    confidence: null,
    refused: false,
    greedy: null,
    greedyOfBestPassage: null,
    reason: 'no-evidence',
    shown: null,
    minConfidence: 0.8,
    timings: {},
    versions: { policy: 'policy@1', reward: 'reward@1', prompt: 'p', reranker: 'reranker@1', calibrator: 'c' },
    ...given,
  };
}

/** A record whose best answer is shown with the given confidence. */
export function shownRecord(text: string, confidence: number, quote: string, given: Partial<AnswerRecord> = {}) {
  return record({
    top: text,
    confidence,
    reason: 'shown',
    shown: {
      text,
      confidence,
      slot: 0,
      citation: { documentId: 'nile', quote, start: 0, end: quote.length, verbatim: true },
    },
    ...given,
  });
}
