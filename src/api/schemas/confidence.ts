import { z } from 'zod';
import type { DriftStatus } from '../../reward/drift.js';
import { ANSWER_REASONS, ANSWER_STRATEGIES, QUERY_KINDS } from '../../types.js';
import type { Equal } from './equal.js';

const share = z.number().min(0).max(1);

/** Whether the promise about shown answers holds. */
export const driftStatus = z
  .object({
    state: z
      .enum(['unknown', 'holds', 'raised', 'off'])
      .describe('`raised`: fewer answers are shown than the calibrator allows; `off`: none.'),
    because: z.enum(['feedback', 'population']).optional(),
    calibrator: z.string(),
    targetPrecision: share.describe('Share of shown answers that is promised to be right.'),
    calibratedThreshold: share,
    calibration: z
      .object({
        basis: z.enum(['labels', 'fit']).describe("`labels`: the site's own queries; `fit`: those of the models."),
        date: z.string(),
        shown: z.int(),
        precision: share.nullable(),
        precisionLow: share.nullable().describe('One-sided lower bound.'),
        confidence: share.describe('Of the bound.'),
      })
      .describe('What the promise rests on.'),
    threshold: share.nullable().describe('In use; `null` when answers are off.'),
    groups: z
      .array(
        z.object({
          language: z.string().nullable().describe('ISO 639-1; `null`: not known, as of one word.'),
          kind: z.enum(QUERY_KINDS),
          calibratedThreshold: share,
          threshold: share.nullable(),
        }),
      )
      .readonly()
      .describe('Groups of queries with a threshold of their own; every other query has the one above.'),
    confidences: z.int().describe('Latest best candidates that were looked at.'),
    populationStability: z.number().nullable().describe('Population stability index; from 0.25 on other queries come.'),
    feedback: z.object({
      judged: z.int(),
      right: z.int(),
      precision: share.nullable(),
      precisionLow: share.nullable().describe('One-sided 95 % lower bound.'),
    }),
  })
  .meta({ id: 'DriftStatus' });

/** What became of the latest searches. */
export const recentAnswers = z
  .object({
    searches: z.int().describe('Latest searches since the start of this process, at most 1,000.'),
    reasons: z
      .array(z.object({ strategy: z.enum(ANSWER_STRATEGIES), reason: z.enum(ANSWER_REASONS), count: z.int() }))
      .describe('Most frequent first.'),
  })
  .meta({ id: 'RecentAnswers' });

export const feedbackBody = z
  .strictObject({
    requestId: z.string().min(1).max(64).describe('Of a search whose answer was shown.'),
    right: z.boolean().describe('Whether the shown answer was right.'),
  })
  .meta({ id: 'Feedback' });

true satisfies Equal<z.output<typeof driftStatus>, DriftStatus>;
