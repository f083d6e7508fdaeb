import { z } from 'zod';
import { ServiceError } from '../errors.js';
import type { Calibrator } from '../reward/calibrator.js';
import type { AnswerOutcome } from '../types.js';
import { type CitationEvidence, type DecisionInput, decideAnswer, planAnswer } from './decision.js';

/** What a kept decision must have; its inside is what `DecisionInput` says, written by the same version of the service. */
const keptSchema = z.object({
  requestId: z.string(),
  trace: z.object({
    entries: z.array(
      z.object({ stage: z.string(), outcome: z.string(), details: z.record(z.string(), z.unknown()).optional() }),
    ),
  }),
});

const choiceSchema = z.object({
  calibrator: z.string(),
  decision: z.object({ input: z.looseObject({}), evidence: z.array(z.looseObject({})), outcome: z.looseObject({}) }),
});

export interface Replay {
  requestId: string;
  query: string;
  /** Version of the calibrator that decided then. */
  calibrator: string;
  recorded: AnswerOutcome;
  replayed: AnswerOutcome;
  /** Both are equal as JSON, character by character, all digits of all numbers included. */
  same: boolean;
}

/**
 * Decides a kept search again, from the candidates, rewards, relevance scores, threshold and read-back sources that were
 * recorded. The models are not run: they give the same scores again, but which candidates were ready when the time was over
 * depends on the machine's load at that moment, and agreement, margin and confidence depend on which there are.
 *
 * @param kept A reply with `debug`, or a file of `CANDOR_TRACES_DIR`, as parsed JSON.
 * @throws ServiceError `invalid-request` when it holds no decision, `calibrator-mismatch` for another calibrator.
 */
export function replay(kept: unknown, calibrator: Calibrator): Replay {
  const parsed = keptSchema.safeParse(kept);
  if (!parsed.success) throw noDecision('expected a reply with a trace', parsed.error);
  const { requestId, trace } = parsed.data;
  const choice = choiceSchema.safeParse(trace.entries.find(({ stage }) => stage === 'choice')?.details);
  if (!choice.success) throw noDecision(`the search ${requestId} came to no decision about an answer`, choice.error);
  const { decision, calibrator: version } = choice.data;
  if (version !== calibrator.version) {
    const message = `Decided with the calibrator ${version}, found ${calibrator.version}: name the one of then with --calibrator.`;
    throw new ServiceError('calibrator-mismatch', { message });
  }
  const input = decision.input as unknown as DecisionInput;
  const recorded = decision.outcome as unknown as AnswerOutcome;
  const plan = planAnswer(input, calibrator);
  const { outcome } = decideAnswer(input, plan, decision.evidence as unknown as CitationEvidence[]);
  // Through JSON, as the recorded one was: what has no value there is left out of both.
  const replayed = JSON.parse(JSON.stringify(outcome)) as AnswerOutcome;
  const same = JSON.stringify(replayed) === JSON.stringify(recorded);
  return { requestId, query: input.query.text, calibrator: version, recorded, replayed, same };
}

const noDecision = (what: string, cause: unknown) =>
  new ServiceError('invalid-request', {
    message: `Nothing to replay: ${what}. Traces come with debug: true, or with CANDOR_TRACES_DIR.`,
    cause,
  });
