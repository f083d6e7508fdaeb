import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ServiceError } from '../errors.js';
import { QUERY_KINDS } from '../types.js';

/** What a calibrator was fitted for: ids as `name@version`. Another model gives other scores. */
export interface ModelVersions {
  policy: string;
  reward: string;
  /** Version of the prompt template. */
  prompt: string;
  /** Absent or `null`: without reranker. */
  reranker?: string | null;
}

const probability = z.number().min(0).max(1);
const feature = z.strictObject({ weight: z.number(), mean: z.number(), scale: z.number().positive() });
const ascending = (values: readonly number[]) => values.every((value, index) => value >= (values[index - 1] ?? 0));
const strictlyAscending = (values: readonly number[]) =>
  values.every((value, index) => value > (values[index - 1] ?? 0));

const isotonic = z
  .strictObject({
    scores: z.array(z.number().gt(0).lt(1)).refine(strictlyAscending, 'expected strictly ascending scores'),
    values: z.array(probability).refine(ascending, 'expected ascending values'),
  })
  .refine(({ scores, values }) => scores.length === values.length, 'expected as many values as scores');

const calibratorSchema = z.strictObject({
  format: z.literal(1),
  /** First 16 hex digits of a hash over everything else: a calibrator is never changed, only replaced. */
  version: z.string(),
  fittedFor: z.strictObject({
    policy: z.string().min(1),
    reward: z.string().min(1),
    prompt: z.string().min(1),
    reranker: z.string().min(1).nullable(),
  }),
  intercept: z.number(),
  /** By name; `mean` and `scale` standardise the feature (probabilities as log-odds). */
  features: z.strictObject({
    rewardLogit: feature,
    margin: feature,
    agreement: feature,
    meanTokenLogprob: feature,
    relevanceScore: feature,
    declineProbability: feature,
    contradiction: feature.optional(),
    answerWords: feature.optional(),
    passageAgeYears: feature.optional(),
    entailment: feature.optional(),
    readerAgreement: feature.optional(),
  }),
  isotonic,
  /** Default threshold. 1 = show nothing: the calibration questions did not support the target. */
  minConfidence: probability,
  /** How it was fitted; figures are of held-out folds. */
  fit: z.strictObject({
    /** ISO 8601. */
    date: z.string(),
    questions: z.number().int().positive(),
    right: z.number().int().nonnegative(),
    targetPrecision: probability,
    /** Probability with which `minConfidence` keeps the target; absent where it was chosen by the answers at hand alone. */
    confidence: probability.optional(),
    /** Of the answers at `minConfidence`; `null` when none was shown. */
    precision: probability.nullable(),
    /** One-sided lower bound of `precision` (Clopper-Pearson) at `confidence`, else 95 %; `null` when none was shown. */
    precisionLow: probability.nullable(),
    shown: z.number().int().nonnegative(),
    /** 15 bins of equal mass. */
    calibrationError: probability,
  }),
  /** Of queries of which there were enough to have a map and a threshold of their own; `query-group.ts`. The others are pooled. */
  groups: z
    .array(
      z.strictObject({
        language: z.string().min(1).nullable(),
        kind: z.enum(QUERY_KINDS),
        isotonic,
        minConfidence: probability,
        /** As `fit`, of the group alone. */
        questions: z.number().int().positive(),
        right: z.number().int().nonnegative(),
        precision: probability.nullable(),
        precisionLow: probability.nullable(),
        shown: z.number().int().nonnegative(),
        calibrationError: probability,
      }),
    )
    .min(1)
    .refine(
      (groups) => new Set(groups.map(({ language, kind }) => JSON.stringify([language, kind]))).size === groups.length,
      'expected each group once',
    )
    .optional(),
  /** How the confidences were spread over the questions of the fit, or of a site's labels; what drift is held against. */
  distribution: z
    .strictObject({
      edges: z.array(probability).refine(strictlyAscending, 'expected strictly ascending edges'),
      shares: z.array(probability),
    })
    .refine(({ edges, shares }) => shares.length === edges.length + 1, 'expected one share more than edges')
    .optional(),
  /** Present when `minConfidence` was proven on a site's own labelled queries; `guaranteed-threshold.ts`. */
  guarantee: z
    .strictObject({
      /** ISO 8601. */
      date: z.string(),
      /** Version of the calibrator whose threshold was replaced. */
      basedOn: z.string(),
      labels: z.number().int().positive(),
      targetPrecision: probability,
      /** Probability that the promise holds. */
      confidence: probability,
      shown: z.number().int().positive(),
      right: z.number().int().nonnegative(),
      precisionLow: probability,
    })
    .optional(),
});

/** `models/confidence/calibrator.json`: everything the confidence needs, and the default threshold. */
export type Calibrator = z.infer<typeof calibratorSchema>;

const REMEDY =
  'Restore it from the repository, or fit one: candor eval answers --records FILE …, then candor calibrate --records FILE';

/** Gives a calibrator its version. */
export function sealCalibrator(content: Omit<Calibrator, 'version'>): Calibrator {
  return { ...content, version: contentHash(content) };
}

/**
 * Checks a calibrator and that nobody changed it by hand.
 *
 * @param source Its path, for messages.
 * @throws ServiceError `model-corrupt`, naming the file, what was expected and what to run.
 */
export function parseCalibrator(text: string, source: string): Calibrator {
  const corrupt = (expected: string, found: string, cause?: unknown) =>
    new ServiceError('model-corrupt', { message: `${source}: expected ${expected}, found ${found}. ${REMEDY}`, cause });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw corrupt('JSON', 'something else', cause);
  }
  const parsed = calibratorSchema.safeParse(value);
  if (!parsed.success) throw corrupt('a calibrator', z.prettifyError(parsed.error), parsed.error);
  const { version, ...content } = parsed.data;
  const expected = contentHash(content);
  if (version !== expected) throw corrupt(`version ${expected} for this content`, version);
  return parsed.data;
}

/**
 * Reads a calibrator and refuses one that was fitted for other models.
 *
 * @throws ServiceError `model-missing`, `model-corrupt` or `calibrator-mismatch`.
 */
export async function loadCalibrator(path: string, versions: ModelVersions): Promise<Calibrator> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ServiceError('model-missing', {
      message: `${path}: expected a calibrator, found no file. ${REMEDY}`,
      cause,
    });
  });
  const calibrator = parseCalibrator(text, path);
  requireFittedFor(calibrator, versions, path);
  return calibrator;
}

/**
 * A pipeline without reranker may use a calibrator that was fitted with one: the feature is then unknown.
 *
 * @throws ServiceError `calibrator-mismatch`, naming each part that differs.
 */
export function requireFittedFor({ fittedFor }: Calibrator, versions: ModelVersions, source: string): void {
  const parts = ['policy', 'reward', 'prompt', 'reranker'] as const;
  const differing = parts.filter((part) =>
    part === 'reranker' && !versions.reranker ? false : fittedFor[part] !== versions[part],
  );
  if (differing.length === 0) return;
  const lines = differing.map((part) => `${part} ${fittedFor[part]} (loaded: ${versions[part]})`);
  throw new ServiceError('calibrator-mismatch', {
    message: `${source}: the confidence was fitted for ${lines.join(', ')}. ${REMEDY}`,
  });
}

function contentHash(content: Omit<Calibrator, 'version'>): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(content)))
    .digest('hex')
    .slice(0, 16);
}

/** The same value with all keys in order, so that formatting does not change the hash. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([key]) => key !== 'version');
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]));
}
