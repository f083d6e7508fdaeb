import { z } from 'zod';
import { MAX_HITS, type SearchInput } from '../../pipeline/search-request.js';
import {
  ANSWER_LAYOUTS,
  ANSWER_REASONS,
  ANSWER_STRATEGIES,
  type AnswerResult,
  type AnswerStatus,
  type PassageResult,
  type SearchFilter,
  type SearchResponse,
} from '../../types.js';
import type { Equal } from './equal.js';

const identifier = z.string().min(1).max(200);
const list = <T extends z.ZodType>(item: T) => z.array(item).min(1).max(100);
const day = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

const limit = z.int().min(1).max(100).default(10).describe('Hits on the page.');
const offset = z
  .int()
  .min(0)
  .max(MAX_HITS)
  .default(0)
  .describe(`Hits to skip; with \`limit\` at most ${MAX_HITS}. An answer is tried at 0 only.`);
const passagesPerDocument = z.int().min(1).max(100).describe('Most hits of one document; without it, all of them.');
const diversity = z
  .number()
  .min(0)
  .max(1)
  .describe('How much hits should differ from those above them; 0 leaves the order alone.');
const nearDuplicates = z.enum(['hide', 'show']).describe('Near-copies of better hits.');
const mode = z.enum(['auto', 'off']).default('auto').describe('`auto` answers when confident, `off` never tries.');
const deadlineMs = z.int().min(50).max(120_000).describe('Time for the whole request; a later answer is dropped.');
const candidates = z.int().min(1).max(16).describe('Candidate answers to draw.');
const minConfidence = z.number().min(0).max(1).describe('Least confidence of a shown answer; else the calibrated one.');
const layout = z
  .enum(ANSWER_LAYOUTS)
  .describe('`inline`: among the hits; `side-panel`: beside them. Else the setting.');
const query = z.string().meta({ description: 'What a person asks.', minLength: 1, example: 'Who invented the piano?' });

const filter = z
  .strictObject({
    documentIds: list(identifier).optional(),
    languages: list(identifier).optional().describe('BCP 47 tags.'),
    dateFrom: day.optional().describe('ISO 8601, inclusive; documents without a date do not match.'),
    dateTo: day.optional().describe('ISO 8601, inclusive.'),
    metadata: z
      .record(identifier, list(z.union([z.string().max(1_000), z.number(), z.boolean()])))
      .optional()
      .describe('Key to accepted values.'),
  })
  .meta({ id: 'SearchFilter', description: 'All given conditions must hold; within a list any value may match.' });

export const searchBody = z
  .strictObject({
    query,
    limit,
    offset,
    passagesPerDocument: passagesPerDocument.optional(),
    diversity: diversity.optional(),
    nearDuplicates: nearDuplicates.optional(),
    filter: filter.optional(),
    answer: z
      .strictObject({
        mode,
        deadlineMs: deadlineMs.optional(),
        candidates: candidates.optional(),
        minConfidence: minConfidence.optional(),
        layout: layout.optional(),
      })
      .optional(),
    sessionId: identifier.optional(),
    userId: identifier.optional(),
    debug: z.boolean().default(false).describe('Adds the trace; needs the scope `debug` where keys are in use.'),
  })
  .meta({ id: 'SearchRequest' });

const number = (schema: z.ZodType<number, number>) => z.coerce.number().pipe(schema);

/** The same search in an address, without filter and ids. */
export const searchQuerystring = z.strictObject({
  q: query,
  limit: number(limit.unwrap()).default(10).describe('Hits on the page.'),
  offset: number(offset.unwrap()).default(0).describe('Hits to skip.'),
  passagesPerDocument: number(passagesPerDocument).optional(),
  diversity: number(diversity).optional(),
  nearDuplicates: nearDuplicates.optional(),
  answer: mode,
  deadlineMs: number(deadlineMs).optional(),
  candidates: number(candidates).optional(),
  minConfidence: number(minConfidence).optional(),
  layout: layout.optional(),
  debug: z.stringbool().default(false),
});

const span = z.object({ start: z.int(), end: z.int() }).meta({ id: 'TextSpan' });
const confidence = z.number().min(0).max(1).describe('Calibrated probability that it is right and supported.');

const passageResult = z
  .object({
    type: z.literal('passage'),
    id: z.string(),
    documentId: z.string(),
    title: z.string(),
    url: z.string(),
    snippet: z.string().describe('Plain text, never markup.'),
    highlights: z.array(span).describe('Matched words, as offsets into `snippet`.'),
    score: z.number().describe('For display only; it need not fall from hit to hit.'),
    nearDuplicates: z.int().optional().describe('Near-copies of this hit that are left out.'),
  })
  .meta({ id: 'PassageResult' });

const citation = z
  .object({
    passageId: z.string(),
    documentId: z.string(),
    url: z.string(),
    quote: z.string().describe('Verbatim: characters `start` to `end` of the stored document.'),
    start: z.int(),
    end: z.int(),
  })
  .meta({ id: 'Citation' });

const answerResult = z
  .object({
    type: z.literal('answer'),
    layout: z.enum(ANSWER_LAYOUTS),
    text: z.string().describe('With `disagreement` a sentence that gives every claim.'),
    confidence,
    citations: z.array(citation),
    asOf: z.string().optional().describe('Date of the source, ISO 8601: the answer holds as of then.'),
    disagreement: z
      .object({
        claims: z.array(
          z.object({
            text: z.string(),
            citation: z.int().describe('Index into `citations`, from 0.'),
            date: z.string().optional(),
          }),
        ),
      })
      .optional()
      .describe('Sources contradict each other: what each says.'),
  })
  .meta({ id: 'AnswerResult' });

export const answerStatus = z
  .object({
    shown: z.boolean(),
    strategy: z.enum(ANSWER_STRATEGIES),
    reason: z.enum(ANSWER_REASONS),
    message: z
      .string()
      .optional()
      .describe('For people, in the language of the query; absent when an answer is shown.'),
    confidence: confidence.optional(),
    choices: z
      .array(z.object({ label: z.string(), query: z.string().describe('To ask instead.') }))
      .optional()
      .describe('With `ambiguous-query`: what the query may mean, at most 4.'),
    check: z.string().optional().describe('With `failed-check`: which one.'),
    notice: z.string().optional().describe('With `unsafe-query`: what to show instead, such as where to find help.'),
  })
  .meta({ id: 'AnswerStatus' });

const ms = z.number().optional();
const timings = z
  .object({
    queryGuardMs: ms,
    understandingMs: ms,
    spellingMs: ms,
    retrievalMs: ms,
    rerankingMs: ms,
    hitsMs: ms,
    passageGuardMs: ms,
    readingMs: ms,
    generationMs: ms,
    rewardMs: ms,
    choiceMs: ms,
    totalMs: ms,
  })
  .meta({ id: 'Timings', description: 'Milliseconds; `hitsMs` and `totalMs` since the request arrived.' });

const safety = z
  .object({
    queryCategory: z.string().optional().describe('With `unsafe-query`: of what kind the query is.'),
    overrideId: z.string().optional().describe("The administrator's rule that decided about the query."),
    neutralised: z.int().optional().describe('Sentences and titles that speak to a model and were not read.'),
    passedOver: z.int().optional().describe('Passages that were not read at all.'),
    answerCategory: z.string().optional().describe('With `unsafe-answer`: why it is withheld.'),
  })
  .meta({ id: 'SafetyReport', description: 'What the guards did.' });

const stage = z.enum([
  ...(['queryGuard', 'understanding', 'retrieval', 'spelling', 'reranking'] as const),
  ...(['hits', 'passageGuard', 'reading', 'generation', 'reward', 'choice', 'total'] as const),
]);

const traceEntry = z.object({
  stage,
  startMs: z.number(),
  durationMs: z.number(),
  outcome: z.enum(['ok', 'late', 'failed', 'skipped']),
  code: z.string().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});

export const searchResponse = z
  .object({
    requestId: z.string(),
    results: z.array(z.discriminatedUnion('type', [passageResult, answerResult])),
    answerStatus,
    timings,
    degraded: z
      .array(z.enum(['lexical', 'dense', 'reranker']))
      .optional()
      .describe('Parts that were late or failed: search by words, search by meaning, the order of the hits.'),
    safety: safety.optional().describe('Absent when no guard did anything.'),
    suggestion: z
      .object({
        query: z.string(),
        searched: z.boolean().describe('Nothing was found as typed: the results are those of the suggestion.'),
      })
      .optional()
      .describe('Did you mean: another spelling, when a word is nowhere in the index.'),
    trace: z.object({ entries: z.array(traceEntry) }).optional(),
  })
  .meta({ id: 'SearchResponse' });

true satisfies Equal<z.output<typeof searchResponse>, SearchResponse>;
true satisfies Equal<z.output<typeof passageResult>, PassageResult>;
true satisfies Equal<z.output<typeof answerResult>, AnswerResult>;
true satisfies Equal<z.output<typeof answerStatus>, AnswerStatus>;
true satisfies Equal<z.output<typeof filter>, SearchFilter>;
true satisfies z.output<typeof searchBody> extends SearchInput ? true : never;

/** The address form as the same input. */
export function fromQuerystring(given: z.output<typeof searchQuerystring>): SearchInput {
  const {
    q,
    answer: answerMode,
    deadlineMs: time,
    candidates: count,
    minConfidence: least,
    layout: place,
    ...page
  } = given;
  const options = { deadlineMs: time, candidates: count, minConfidence: least, layout: place };
  const named = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...page, query: q, answer: { mode: answerMode, ...named } };
}
