import type { Abstention, AnswerReason, AnswerStrategy, QueryKind, ScoredCandidate } from '../types.js';
import { byDate, type Claim, rivalsOf } from './claims.js';
import type { Reading } from './readings.js';
import { selectAnswer } from './select-answer.js';

export interface StrategyInput {
  /** What the query guard allows. */
  verdict: 'allow' | 'hits-only';
  /** @default 'question' */
  queryKind?: QueryKind;
  /** Everything the policy proposed; empty when it had no passage to read. */
  candidates: readonly ScoredCandidate[];
  /** What each passage says by itself. @default none: sources are not compared */
  claims?: readonly Claim[];
  /** What the query may mean; `readingsOf`, `unnamedReadings`. @default none: it is clear */
  readings?: readonly Reading[];
  /** The query asks how things are now; see `asksForThePresent`. @default false */
  present?: boolean;
  /**
   * Least confidence of an answer that is shown, 0..1; `null` without a calibrator: then nothing is shown. `'off'`: the
   * promise about shown answers is broken, and nothing is shown either.
   */
  minConfidence: number | 'off' | null;
}

/** An answer that may be shown, if its checks allow it. */
export interface ChosenAnswer {
  candidate: ScoredCandidate;
  /** Date of its source; see `Answer.asOf`. */
  asOf?: string;
}

export type Strategy =
  | { action: 'answer'; chosen: ChosenAnswer }
  /** Two claims or more that contradict each other, the likeliest first. */
  | { action: 'hedge'; claims: readonly Claim[] }
  | { action: 'abstain'; abstention: Abstention };

/**
 * What to do about the answer of one query, in the order of the rules:
 *
 * 1. An unsafe query gets hits only, and so does one that names a page or something to get.
 * 2. Without candidates there is no evidence. When the policy declined every passage, so do we.
 * 3. Without a calibrator no confidence can be promised; with a broken promise none is made.
 * 4. A query of several readings is asked back, unless the one that is answered surely is the only one that is answered.
 * 5. Where confident sources contradict each other, the newest wins and the answer says as of when; where none is the
 *    newest, all are quoted.
 * 6. A confidence that reaches the threshold is an answer. One below, or one that is no probability, shows nothing.
 */
export function chooseStrategy(input: StrategyInput): Strategy {
  const {
    verdict,
    queryKind = 'question',
    candidates,
    claims = [],
    readings = [],
    present = false,
    minConfidence,
  } = input;
  if (verdict === 'hits-only') return abstain({ reason: 'unsafe-query' });
  if (!wantsAnswer(queryKind)) return abstain({ reason: 'not-a-question' });
  if (candidates.length === 0) return abstain({ reason: 'no-evidence' });
  const candidate = selectAnswer(candidates);
  if (!candidate) return abstain({ reason: 'declined' });
  if (minConfidence === null) return abstain({ reason: 'generator-unavailable' });
  if (minConfidence === 'off') return abstain({ reason: 'promise-broken' });
  const isSure = (confidence: number) => confidence >= minConfidence && confidence <= 1;
  const { confidence } = candidate;
  if (isAmbiguous(candidate, isSure(confidence), claims, readings)) {
    return abstain({ reason: 'ambiguous-query', choices: readings.map(({ label, query }) => ({ label, query })) });
  }
  const main = claims.find(({ candidate: said }) => said.passageId === candidate.passageId);
  const rivals =
    main && isSure(main.confidence) ? rivalsOf(main, claims).filter((rival) => isSure(rival.confidence)) : [];
  if (main && rivals.length > 0) {
    const [newest, next] = byDate([main, ...rivals]);
    const date = newest?.source.date;
    if (newest && date !== undefined && next?.source.date !== undefined && date > next.source.date) {
      return {
        action: 'answer',
        chosen: { candidate: { ...newest.candidate, confidence: newest.confidence }, asOf: date },
      };
    }
    return { action: 'hedge', claims: [main, ...rivals].slice(0, MAX_CLAIMS) };
  }
  if (isSure(confidence)) {
    const asOf = present ? main?.source.date : undefined;
    return { action: 'answer', chosen: { candidate, ...(asOf !== undefined && { asOf }) } };
  }
  return abstain(isProbability(confidence) ? { reason: 'low-confidence', confidence } : { reason: 'low-confidence' });
}

/** Whether a query of this kind may have an answer at all. */
export const wantsAnswer = (kind: QueryKind = 'question'): boolean => kind === 'question' || kind === 'keyword';

/** Claims that one sentence can hold. */
const MAX_CLAIMS = 3;

/**
 * At least two readings, and at least one of them is answered. A sure answer stands when no passage of another reading
 * says anything else.
 */
function isAmbiguous(
  candidate: ScoredCandidate,
  isSure: boolean,
  claims: readonly Claim[],
  readings: readonly Reading[],
): boolean {
  if (readings.length < 2) return false;
  const readingOf = (passageId: string) => {
    const documentId = claims.find(({ candidate: said }) => said.passageId === passageId)?.source.documentId;
    return documentId === undefined ? undefined : readings.find(({ documentIds }) => documentIds.includes(documentId));
  };
  const own = readingOf(candidate.passageId);
  // An answer from a passage that is none of the readings does not settle which one was meant, nor is it one of them.
  if (!own) return false;
  if (!isSure) return true;
  return claims.some(({ candidate: said }) => {
    const reading = readingOf(said.passageId);
    return reading !== undefined && reading !== own && said.text !== candidate.text;
  });
}

/** The strategy that a reason belongs to. */
export const STRATEGY_OF: Readonly<Record<AnswerReason, AnswerStrategy>> = {
  shown: 'answer',
  'sources-disagree': 'hedge',
  'ambiguous-query': 'ask-back',
  'no-evidence': 'decline',
  declined: 'decline',
  'unsafe-query': 'decline',
  'unsafe-answer': 'decline',
  'low-confidence': 'stay-silent',
  'failed-check': 'stay-silent',
  'not-a-question': 'stay-silent',
  'promise-broken': 'stay-silent',
  deadline: 'stay-silent',
  'generator-unavailable': 'stay-silent',
  off: 'stay-silent',
};

const PRESENT =
  /\b(?:now|nowadays|current(?:ly)?|today|at present|presently|latest|newest|most recent|these days|this (?:year|month|week))\b|现在|目前|当前|如今|最新|今年|今天|现任/i;

/** Whether a query asks how things are now, so that the age of its source matters to the reader. */
export const asksForThePresent = (query: string): boolean => PRESENT.test(query);

const isProbability = (value: number) => value >= 0 && value <= 1;

const abstain = (abstention: Abstention): Strategy => ({ action: 'abstain', abstention });
