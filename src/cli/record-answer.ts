import { z } from 'zod';
import type { ErrorCode } from '../errors.js';
import { type AnswerRecord, type RecordedCandidate, recordedCandidateSchema } from '../evaluation/answer-record.js';
import type { Question } from '../evaluation/question.js';
import { citationOf } from '../generator/citations.js';
import type { ReadPassage } from '../pipeline/decision.js';
import { confidenceFeatures } from '../reward/confidence.js';
import { selectAnswer } from '../reward/select-answer.js';
import type { AnswerResult, SearchResponse, Stage } from '../types.js';
import { documentIdOf } from './corpus-documents.js';

/** Hits that a record keeps; recall is measured up to here. */
export const RECORDED_HITS = 20;

/** Text of a document of the corpus; `undefined` where it has none of that id. */
export type TextOf = (documentId: string) => string | undefined;

/** What the trace must tell about each stage. A stage that did not end says less, or nothing. */
const details = {
  retrieval: z.object({ passages: z.array(z.object({ id: z.string() })) }),
  reranking: z.object({ modelId: z.string() }),
  generation: z.object({ modelId: z.string(), promptVersion: z.string(), passages: z.array(z.string()) }),
  reward: z.object({
    modelId: z.string(),
    candidates: z.array(recordedCandidateSchema),
    relevanceScores: z.record(z.string(), z.number()),
    contexts: z.record(
      z.string(),
      z.object({ passageAgeYears: z.number().nullable(), entailment: z.number().nullable() }),
    ),
  }),
  choice: z.object({
    minConfidence: z.union([z.number(), z.literal('off')]),
    calibrator: z.string(),
    decision: z.object({ input: z.object({ passages: z.array(z.looseObject({ id: z.string() })) }) }).optional(),
  }),
};

/**
 * The record as if its answer had been chosen today: among the recorded candidates and with features as the service computes them
 * now, since an earlier version may have chosen otherwise and knew fewer. Without candidates it stays as it is. What another
 * choice quotes is not recorded.
 */
export function chosenAnew(record: AnswerRecord): AnswerRecord {
  const { candidates, relevanceScores } = record;
  if (candidates.length === 0) return record;
  const chosen = selectAnswer(candidates);
  if (!chosen) return { ...record, top: null, quote: null, features: null };
  const { passageAgeYears = null, entailment = null } = record.features ?? {};
  const context = { passageAgeYears, entailment };
  const features = confidenceFeatures(chosen, candidates, new Map(Object.entries(relevanceScores)), context);
  return {
    ...record,
    top: chosen.text,
    quote: chosen.text === record.top ? record.quote : null,
    features: { ...features },
  };
}

/**
 * What became of a question, from the response with its trace (`debug: true`).
 *
 * @param textOf Text of a document of the corpus: the quote is held against the source, not against the index. `null` without
 *   a corpus.
 */
export function recordAnswer(question: Question, response: SearchResponse, textOf: TextOf | null): AnswerRecord {
  const { retrieval, reranking, generation, reward, choice } = readTrace(response);
  const candidates = reward?.candidates ?? [];
  const relevanceScores = reward?.relevanceScores ?? {};
  const passagesRead = generation?.passages ?? [];
  const top = selectAnswer(candidates);
  const context = (top && reward?.contexts[top.passageId]) ?? {};
  const greedyOf = (passage: string | undefined) => {
    const found = candidates.find(({ passageId, sampled }) => passageId === passage && sampled === 'greedy');
    return found && !found.declined ? found.text : null;
  };
  return {
    ...question,
    retrieved: (retrieval?.passages ?? []).slice(0, RECORDED_HITS).map(({ id }) => documentIdOf(id)),
    hits: response.results
      .flatMap((result) => (result.type === 'passage' ? [result.documentId] : []))
      .slice(0, RECORDED_HITS),
    candidates,
    passagesRead,
    relevanceScores,
    top: top?.text ?? null,
    quote: top && quoteOf(top, (choice?.decision?.input.passages ?? []) as unknown as ReadPassage[]),
    features: top && { ...confidenceFeatures(top, candidates, new Map(Object.entries(relevanceScores)), context) },
    confidence: top && choice ? top.confidence : null,
    refused: top === null && candidates.some(({ declined }) => declined),
    greedy: passagesRead.map(greedyOf).find((text) => text !== null) ?? null,
    greedyOfBestPassage: greedyOf(passagesRead[0]),
    reason: response.answerStatus.reason,
    shown: shownAnswer(response, textOf),
    minConfidence: typeof choice?.minConfidence === 'number' ? choice.minConfidence : null,
    timings: Object.fromEntries(Object.entries(response.timings).filter(([, ms]) => ms !== undefined)),
    versions: {
      policy: generation?.modelId ?? null,
      reward: reward?.modelId ?? null,
      prompt: generation?.promptVersion ?? null,
      reranker: reranking?.modelId ?? null,
      calibrator: choice?.calibrator ?? null,
    },
  };
}

/** A question whose search gave not even hits. @param afterMs When it failed, in milliseconds from the request. */
export function recordFailure(question: Question, failure: ErrorCode, afterMs: number): AnswerRecord {
  return {
    ...question,
    retrieved: [],
    hits: [],
    candidates: [],
    passagesRead: [],
    relevanceScores: {},
    top: null,
    quote: null,
    features: null,
    confidence: null,
    refused: false,
    greedy: null,
    greedyOfBestPassage: null,
    reason: 'failed',
    failure,
    shown: null,
    minConfidence: null,
    timings: { totalMs: afterMs },
    versions: { policy: null, reward: null, prompt: null, reranker: null, calibrator: null },
  };
}

/** The sentence that a candidate points at. */
function quoteOf(candidate: RecordedCandidate, passages: readonly ReadPassage[]): string | null {
  const passage = passages.find(({ id }) => id === candidate.passageId);
  return (passage && citationOf(candidate, passage)?.quote) ?? null;
}

function readTrace({ trace }: SearchResponse) {
  const of = <T>(stage: Stage & keyof typeof details, schema: z.ZodType<T>): T | undefined =>
    schema.safeParse(trace?.entries.find((entry) => entry.stage === stage)?.details).data;
  return {
    retrieval: of('retrieval', details.retrieval),
    reranking: of('reranking', details.reranking),
    generation: of('generation', details.generation),
    reward: of('reward', details.reward),
    choice: of('choice', details.choice),
  };
}

function shownAnswer(response: SearchResponse, textOf: TextOf | null) {
  const slot = response.results.findIndex(({ type }) => type === 'answer');
  const answer = response.results[slot] as AnswerResult | undefined;
  const main = answer?.citations[0];
  if (!answer || !main) return null;
  const { documentId, quote, start, end } = main;
  const verbatim = textOf && quote !== '' && textOf(documentId)?.slice(start, end) === quote;
  return {
    // Of claims that contradict each other the likeliest stands first; it is the one that is held against the gold answers.
    text: answer.disagreement?.claims[0]?.text ?? answer.text,
    confidence: answer.confidence,
    slot,
    citation: { documentId, quote, start, end, verbatim },
  };
}
