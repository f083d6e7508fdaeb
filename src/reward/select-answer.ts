import { logOdds } from './log-odds.js';
import type { RewardedCandidate } from './rewarded-candidate.js';

/**
 * What an answer from any passage but the best must have in standing beyond its rival there. A reward compares answers to
 * one question about one passage; between passages the ranking knows more (figures: `docs/log.md`).
 */
const LOWER_PASSAGE_COST = 1;

/**
 * Reward that a candidate gains for each unit of log-odds that the second model marks the same words. The reward model and the
 * policy share a trunk and are wrong together; what a model of another kind would have answered decides between candidates of
 * nearly equal reward. Chosen on the calibration questions (figures: `docs/log.md`).
 */
const READER_WEIGHT = 0.1;

/** Agreement of a candidate of which it is not known: at the mean log-odds of those that are. */
const UNKNOWN_AGREEMENT = 0.12;

/**
 * The answer that stands highest, by reward and by how far a second model agrees, or `null` when the policy declined.
 *
 * Declining speaks for one passage only: a passage whose best-rewarded candidate is a decline gives no answer, and says
 * nothing about the others. Candidates without text or without a finite reward are left out. Equal ones are decided
 * by what the candidates are, never by the order in which they became ready.
 *
 * @param candidates Those of the best passage first.
 */
export function selectAnswer<C extends RewardedCandidate>(candidates: readonly C[]): C | null {
  const usable = candidates.filter(
    ({ declined, text, rewardLogit }) => Number.isFinite(rewardLogit) && (declined || text.trim() !== ''),
  );
  const best = new Map<string, C>();
  for (const candidate of usable) {
    const rival = best.get(candidate.passageId);
    if (!rival || compareCandidates(candidate, rival) < 0) best.set(candidate.passageId, candidate);
  }
  const bestPassage = candidates[0]?.passageId;
  const standing = ({ rewardLogit, readerAgreement, passageId }: C) =>
    rewardLogit +
    READER_WEIGHT * logOdds(readerAgreement ?? UNKNOWN_AGREEMENT) -
    (passageId === bestPassage ? 0 : LOWER_PASSAGE_COST);
  const answers = usable.filter(({ declined, passageId }) => !declined && !best.get(passageId)?.declined);
  answers.sort((a, b) => standing(b) - standing(a) || compareCandidates(a, b));
  return answers[0] ?? null;
}

/** Better first: reward, then an answer before a decline, then the likelier one; the rest only makes it definite. */
function compareCandidates(a: RewardedCandidate, b: RewardedCandidate): number {
  return (
    b.rewardLogit - a.rewardLogit ||
    Number(a.declined) - Number(b.declined) ||
    b.meanTokenLogprob - a.meanTokenLogprob ||
    compareText(a.passageId, b.passageId) ||
    compareText(a.text, b.text) ||
    (a.sentenceNumber ?? 0) - (b.sentenceNumber ?? 0)
  );
}

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
