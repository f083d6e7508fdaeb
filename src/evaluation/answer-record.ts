import { z } from 'zod';
import { ANSWER_REASONS } from '../types.js';
import { readJsonLines } from './json-lines.js';
import { questionSchema } from './question.js';

/** A candidate as the trace of a request tells it. */
export const recordedCandidateSchema = z.object({
  text: z.string(),
  sentenceNumber: z.number().int().positive().nullable(),
  passageId: z.string(),
  declined: z.boolean(),
  meanTokenLogprob: z.number(),
  sampled: z.enum(['greedy', 'sampled', 'insisted', 'forked', 'suggested']),
  declineProbability: z.number(),
  rewardLogit: z.number(),
  /** Absent in older records, and where no second model looked. */
  readerAgreement: z.number().nullable().optional(),
  confidence: z.number(),
});

export type RecordedCandidate = z.infer<typeof recordedCandidateSchema>;

/** One line of a records file: a question and everything that became of it. Enough to compute every figure again. */
export const answerRecordSchema = questionSchema.extend({
  /** Documents of the first 20 passages as retrieved, before reranking. */
  retrieved: z.array(z.string()),
  /** Documents of the first 20 hits of the page. */
  hits: z.array(z.string()),
  /** All candidates with their rewards; empty when generation or reward gave nothing in time. */
  candidates: z.array(recordedCandidateSchema),
  /** Passages the policy read, best first. */
  passagesRead: z.array(z.string()),
  /** Reranker's score by passage id, of the passages read. */
  relevanceScores: z.record(z.string(), z.number()),
  /** Text of the best candidate (`selectAnswer`), before any threshold; `null` when there was none. */
  top: z.string().nullable(),
  /** Sentence that `top` points at; absent in older records. */
  quote: z.string().nullable().optional(),
  /** What the confidence of `top` is computed from; `null` without `top`. */
  features: z.record(z.string(), z.number().nullable()).nullable(),
  /** Calibrated probability that `top` is right; `null` without `top` or without calibrator. */
  confidence: z.number().nullable(),
  /** The policy itself declined, before any threshold. */
  refused: z.boolean(),
  /** First greedy candidate that is an answer, in the order of the passages: what there would be without reward model. */
  greedy: z.string().nullable(),
  /** Greedy candidate of the best passage; `null` when it is a decline. */
  greedyOfBestPassage: z.string().nullable(),
  /** `failed`: the search gave not even hits. */
  reason: z.enum([...ANSWER_REASONS, 'failed']),
  /** Code of the error, with `failed` only. */
  failure: z.string().optional(),
  /** The answer among the results; `null` when none was shown. */
  shown: z
    .object({
      text: z.string(),
      confidence: z.number(),
      slot: z.number().int().nonnegative(),
      citation: z.object({
        documentId: z.string(),
        quote: z.string(),
        start: z.number().int(),
        end: z.number().int(),
        /** The corpus has exactly this text at this place; `null`: it was not at hand. */
        verbatim: z.boolean().nullable(),
      }),
    })
    .nullable(),
  minConfidence: z.number().nullable(),
  /** Milliseconds by stage. */
  timings: z.record(z.string(), z.number()),
  /** Ids of what was at work, as `name@version`. */
  versions: z.object({
    policy: z.string().nullable(),
    reward: z.string().nullable(),
    prompt: z.string().nullable(),
    reranker: z.string().nullable(),
    calibrator: z.string().nullable(),
  }),
});

export type AnswerRecord = z.infer<typeof answerRecordSchema>;

/**
 * The records of a file. A question that is recorded twice counts once, with its last record.
 *
 * @throws ServiceError naming file and line.
 */
export async function readRecords(path: string): Promise<AnswerRecord[]> {
  const records = new Map<string, AnswerRecord>();
  for await (const record of readJsonLines(path, answerRecordSchema, 'records')) records.set(record.id, record);
  return [...records.values()];
}
