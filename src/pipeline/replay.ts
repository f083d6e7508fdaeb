import { z } from 'zod';
import { ServiceError } from '../errors.js';
import type { Calibrator } from '../reward/calibrator.js';
import type { AnswerOutcome } from '../types.js';
import { type CitationEvidence, type DecisionInput, decideAnswer, planAnswer } from './decision.js';
import { decideEarly, type EarlyInput, type KeptFailure } from './early-decision.js';

const entrySchema = z.object({
  stage: z.string(),
  outcome: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});

type KeptEntry = z.infer<typeof entrySchema>;

/** What a kept decision must have; its inside is what `DecisionInput` says, written by the same version of the service. */
const keptSchema = z.object({
  requestId: z.string(),
  trace: z.object({ entries: z.array(entrySchema) }),
});

const earlySchema = z.object({
  early: z.object({ input: z.looseObject({ query: z.looseObject({ text: z.string() }) }), outcome: z.looseObject({}) }),
});

const failureSchema = z.object({
  failure: z.object({ reason: z.enum(['deadline', 'generator-unavailable']), code: z.string() }),
});

const choiceSchema = z.object({
  calibrator: z.string(),
  decision: z.object({ input: z.looseObject({}), evidence: z.array(z.looseObject({})), outcome: z.looseObject({}) }),
});

export interface Replay {
  requestId: string;
  query: string;
  /** Version of the calibrator that decided then; `null` when it was decided without one, before any candidate was judged. */
  calibrator: string | null;
  recorded: AnswerOutcome;
  /** `null`: by what was known then, an answer may be written today. */
  replayed: AnswerOutcome | null;
  /** Both are equal as JSON, character by character, all digits of all numbers included. */
  same: boolean;
}

/**
 * Decides a kept search again, from the candidates, rewards, relevance scores, threshold and read-back sources that were
 * recorded, or from what ruled an answer out before (the verdict about the query, its kind, what there was to read). The
 * models are not run: they give the same scores again, but which candidates were ready when the time was over depends on the
 * machine's load at that moment, and agreement, margin and confidence depend on which there are.
 *
 * @param kept A reply with `debug`, or a file of `CANDOR_TRACES_DIR`, as parsed JSON.
 * @param calibrator The one of then; `null` when there is none, which is enough for a decision that needed none.
 * @throws ServiceError `invalid-request` when it holds no decision, `calibrator-mismatch` for another calibrator.
 */
export function replay(kept: unknown, calibrator: Calibrator | null): Replay {
  const parsed = keptSchema.safeParse(kept);
  if (!parsed.success) throw noDecision('expected a reply with a trace', parsed.error);
  const { requestId, trace } = parsed.data;
  const choices = trace.entries.filter(({ stage }) => stage === 'choice').map(({ details }) => details);
  const find = <T>(schema: z.ZodType<T>): T | undefined =>
    choices.map((details) => schema.safeParse(details).data).find((data) => data !== undefined);
  // First of all: work that outlived its deadline may have left a decision that nobody was shown.
  const failed = find(failureSchema);
  if (failed) throw nothingDecided(requestId, trace.entries, failed.failure);
  const early = find(earlySchema)?.early;
  if (early) {
    const input = early.input as unknown as EarlyInput;
    const replayed = decideEarly(input);
    return { requestId, query: input.query.text, calibrator: null, ...compared(early.outcome, replayed) };
  }
  const choice = find(choiceSchema);
  if (!choice) throw noDecision(`the search ${requestId} came to no decision about an answer`);
  const { decision, calibrator: version } = choice;
  if (version !== calibrator?.version) {
    const message = `Decided with the calibrator ${version}, found ${calibrator?.version ?? 'none'}: name the one of then with --calibrator.`;
    throw new ServiceError('calibrator-mismatch', { message });
  }
  const input = decision.input as unknown as DecisionInput;
  const plan = planAnswer(input, calibrator);
  const { outcome } = decideAnswer(input, plan, decision.evidence as unknown as CitationEvidence[]);
  return { requestId, query: input.query.text, calibrator: version, ...compared(decision.outcome, outcome) };
}

/** @param replayed `null`: by what was known then an answer may be written today. */
function compared(kept: unknown, replayed: AnswerOutcome | null): Pick<Replay, 'recorded' | 'replayed' | 'same'> {
  // Through JSON, as the recorded one was: what has no value there is left out of both.
  const again = JSON.parse(JSON.stringify(replayed)) as AnswerOutcome | null;
  return { recorded: kept as AnswerOutcome, replayed: again, same: JSON.stringify(again) === JSON.stringify(kept) };
}

/** Names what ended the answer part, and in which stage. */
function nothingDecided(requestId: string, entries: readonly KeptEntry[], { reason, code }: KeptFailure): ServiceError {
  const broken = entries.filter(({ outcome }) => outcome === 'failed' || outcome === 'late').map(({ stage }) => stage);
  const where = broken.length > 0 ? ` Late or failed: ${broken.join(', ')}.` : '';
  const what =
    reason === 'deadline'
      ? 'its time was over before anything was decided. Which stage was how far depends on the load of the machine, not on scores.'
      : `a part of it failed (${code}) before anything was decided. The error of then does not happen again by deciding again.`;
  return noDecision(`the search ${requestId} has the reason ${reason}: ${what}${where}`);
}

const noDecision = (what: string, cause?: unknown) =>
  new ServiceError('invalid-request', {
    message: `Nothing to replay: ${what}${/[.]$/.test(what) ? '' : '.'} Traces come with debug: true, or with CANDOR_TRACES_DIR.`,
    cause,
  });
