import { citationOf } from '../generator/citations.js';
import type { ClaimContext, RewardedCandidate } from '../reward/confidence.js';
import { selectAnswer } from '../reward/select-answer.js';
import { asksForThePresent } from '../reward/strategy.js';
import { claimOf, type EntailmentChecker } from '../safety/entailment.js';
import type { ScoredPassage } from '../types.js';

const MS_A_YEAR = 365.25 * 24 * 3_600_000;

/**
 * What is known of the claim of each passage besides its candidates, by passage id: how old the passage is, where the query
 * asks how things are now, and whether its best candidate follows from the sentence it points at.
 *
 * @param checker Absent: entailment is unknown.
 */
export async function claimContexts(
  checker: EntailmentChecker | undefined,
  query: string,
  read: readonly ScoredPassage[],
  candidates: readonly RewardedCandidate[],
  signal: AbortSignal,
): Promise<Record<string, ClaimContext>> {
  const present = asksForThePresent(query);
  const contexts = read.map(async ({ passage }): Promise<[string, ClaimContext]> => {
    const candidate = selectAnswer(candidates.filter(({ passageId }) => passageId === passage.id));
    const quote = candidate && citationOf(candidate, passage)?.quote;
    const claims = candidate && quote ? [{ quote, claim: claimOf(query, candidate.text) }] : [];
    const [entailment = null] = (await checker?.entails(claims, signal)) ?? [];
    return [passage.id, { passageAgeYears: present ? ageInYears(passage.date) : null, entailment }];
  });
  return Object.fromEntries(await Promise.all(contexts));
}

/** `null` without a date that can be read; a date to come counts as today. */
function ageInYears(date: string | undefined): number | null {
  const time = Date.parse(date ?? '');
  return Number.isNaN(time) ? null : Math.max(0, (Date.now() - time) / MS_A_YEAR);
}
