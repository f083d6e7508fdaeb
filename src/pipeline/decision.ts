import { citationOf } from '../generator/citations.js';
import { type PlacementRequest, placeAnswer } from '../ranking/answer-placement.js';
import type { Calibrator } from '../reward/calibrator.js';
import { type Claim, claimsOf } from '../reward/claims.js';
import { type ClaimContext, type RewardedCandidate, withConfidence } from '../reward/confidence.js';
import { calibratorFor } from '../reward/query-group.js';
import { type Reading, type ReadingSource, readingsOf } from '../reward/readings.js';
import { asksForThePresent, chooseStrategy, type Strategy, type StrategyInput } from '../reward/strategy.js';
import { disagreementText, languageOfQuery } from '../reward/strategy-texts.js';
import { unnamedReadings } from '../reward/unnamed-readings.js';
import type { SourceNow } from '../safety/answer-check.js';
import { checkAnswer } from '../safety/check-answer.js';
import type {
  Abstention,
  Access,
  Answer,
  AnswerLayout,
  AnswerOutcome,
  Citation,
  Passage,
  QueryKind,
} from '../types.js';

/** A passage that the policy read, as far as a decision needs it. */
export type ReadPassage = Pick<
  Passage,
  'id' | 'documentId' | 'tenant' | 'title' | 'url' | 'text' | 'start' | 'end' | 'sentences' | 'acl'
> & { date?: string; relevanceScore?: number };

/** Everything that decides about the answer of one query, as plain data: what is stored can be decided again. */
export interface DecisionInput {
  query: { text: string; language?: string; kind?: QueryKind; access: Access };
  /** What the policy read, best first. */
  passages: readonly ReadPassage[];
  candidates: readonly RewardedCandidate[];
  /** What else is known of the claim of each passage, by its id. */
  contexts: Readonly<Record<string, ClaimContext>>;
  /** Hits that are looked at for what the query may mean, best first. */
  hits: readonly ReadingSource[];
  /** Of the request, the settings or the calibrator, as raised by the drift monitor. */
  minConfidence: StrategyInput['minConfidence'];
  page: Pick<PlacementRequest, 'relevanceScores' | 'hitDocumentIds' | 'wrongAnswerCost'> & { layout: AnswerLayout };
  promptTexts: readonly string[];
}

/** A claim that is to be shown, with its quote. */
export interface CitedClaim {
  text: string;
  citation: Citation;
  date?: string;
}

/** What was read back for a citation just before the answer is shown. */
export interface CitationEvidence {
  source: SourceNow | null;
  /** What the answer guard objects to, such as `unsupported`; `null` when it does not. */
  withheld: string | null;
}

export interface Plan {
  strategy: Strategy;
  /** What must be read back before the strategy may be carried out, in the order of the citations. */
  cited: readonly CitedClaim[];
}

export interface Decision {
  outcome: AnswerOutcome;
  /** The verdicts of the checks, a list for each citation; empty when nothing was to be shown. */
  checks: readonly (readonly { check: string; fault: string | null }[])[];
}

/** What to do, before anything is read back. A pure function. */
export function planAnswer(input: DecisionInput, calibrator: Calibrator): Plan {
  const { query, passages, candidates, hits, minConfidence } = input;
  const own = calibratorFor(calibrator, query);
  const contexts = new Map(Object.entries(input.contexts));
  const relevanceScores = relevanceOf(passages);
  const scored = withConfidence(candidates, relevanceScores, own, contexts);
  const claims = claimsOf(candidates, passages, relevanceScores, own, contexts);
  const named = readingsOf(query.text, hits);
  const strategy = chooseStrategy({
    verdict: 'allow',
    ...(query.kind !== undefined && { queryKind: query.kind }),
    candidates: scored,
    claims,
    readings: named.length > 0 ? named : unnamedReadingsOf(input, claims),
    present: asksForThePresent(query.text),
    minConfidence,
  });
  if (strategy.action === 'abstain') return { strategy, cited: [] };
  const said =
    strategy.action === 'answer' ? [strategy.chosen.candidate] : strategy.claims.map((claim) => claim.candidate);
  const cited = said.map((candidate) => {
    const passage = passages.find(({ id }) => id === candidate.passageId);
    const citation = passage && citationOf(candidate, passage);
    return citation && { text: candidate.text, citation, ...(passage.date !== undefined && { date: passage.date }) };
  });
  const whole = cited.filter((claim) => claim !== null && claim !== undefined);
  if (whole.length === cited.length) return { strategy, cited: whole };
  return { strategy: { action: 'abstain', abstention: { reason: 'no-evidence' } }, cited: [] };
}

function unnamedReadingsOf({ query, passages, minConfidence }: DecisionInput, claims: readonly Claim[]): Reading[] {
  if (typeof minConfidence !== 'number') return [];
  const sources = claims.map(({ candidate, source: { title, documentId, id }, confidence }) => {
    const text = passages.find((passage) => passage.id === id)?.text ?? '';
    return { title, documentId, text, answer: candidate.text, confidence };
  });
  return unnamedReadings(query.text, sources, minConfidence);
}

/**
 * The answer at its place, or why there is none. A pure function of what it is given.
 *
 * @param evidence One for each of `plan.cited`.
 */
export function decideAnswer(input: DecisionInput, plan: Plan, evidence: readonly CitationEvidence[]): Decision {
  const { strategy, cited } = plan;
  if (strategy.action === 'abstain') return { outcome: abstained(strategy.abstention), checks: [] };
  const { access } = input.query;
  const checks = cited.map(({ text, citation }, index) => {
    const source = evidence[index]?.source ?? null;
    return checkAnswer({ access, text, citation, source, promptTexts: input.promptTexts });
  });
  const confidence =
    strategy.action === 'answer' ? strategy.chosen.candidate.confidence : leastConfidence(strategy.claims);
  const faults = checks.flat().filter(({ fault }) => fault !== null);
  const isGone = faults.some(({ check }) => check === 'quote-stands-there-now');
  const withheld = evidence.find((each) => each.withheld !== null)?.withheld;
  // What a guard calls harmful is named so, whatever else is wrong with it.
  if (withheld && !isGone) {
    const reason = withheld === 'unsupported' ? 'no-evidence' : 'unsafe-answer';
    return { outcome: abstained({ reason, confidence }), checks };
  }
  if (faults.length > 0) {
    const failed = faults.map(({ check }) => check);
    return { outcome: abstained(faultReason(failed, confidence)), checks };
  }
  const answer = strategy.action === 'answer' ? single(strategy.chosen, cited) : hedged(cited, confidence, input.query);
  return { outcome: placed(answer, input), checks };
}

/** A quote that is gone is no evidence; any other fault is named. */
function faultReason(checks: readonly string[], confidence: number): Abstention {
  const check = checks[0];
  if (check === 'quote-stands-there-now') return { reason: 'no-evidence', confidence };
  return { reason: 'failed-check', confidence, ...(check !== undefined && { check }) };
}

function single(
  { candidate, asOf }: { candidate: { text: string; confidence: number }; asOf?: string },
  cited: readonly CitedClaim[],
): Answer {
  const { text, confidence } = candidate;
  const citations = cited.map(({ citation }) => citation);
  return { text, confidence, citations, ...(asOf !== undefined && { asOf }) };
}

function hedged(cited: readonly CitedClaim[], confidence: number, query: DecisionInput['query']): Answer {
  const texts = cited.map(({ text }) => text);
  return {
    text: disagreementText(texts, languageOfQuery(query.text, query.language)),
    confidence,
    citations: cited.map(({ citation }) => citation),
    disagreement: {
      claims: cited.map(({ text, date }, index) => ({ text, citation: index, ...(date !== undefined && { date }) })),
    },
  };
}

function placed(answer: Answer, { minConfidence, page, query }: DecisionInput): AnswerOutcome {
  const { layout, ...placement } = page;
  if (layout === 'side-panel') return { status: 'answered', answer, slot: 0, layout };
  const threshold = typeof minConfidence === 'number' ? minConfidence : 1;
  const slot = placeAnswer({
    confidence: answer.confidence,
    minConfidence: threshold,
    ...(query.kind !== undefined && { queryKind: query.kind }),
    citedDocumentIds: answer.citations.map(({ documentId }) => documentId),
    ...placement,
  });
  // Whether to show it is decided; a caller who asked for a low threshold finds it below the hits.
  return { status: 'answered', answer, slot: slot ?? placement.relevanceScores.length, layout };
}

const relevanceOf = (passages: readonly ReadPassage[]) =>
  new Map(
    passages.flatMap(({ id, relevanceScore }) => (relevanceScore === undefined ? [] : [[id, relevanceScore] as const])),
  );

const leastConfidence = (claims: readonly Claim[]) => Math.min(...claims.map(({ confidence }) => confidence));

const abstained = (abstention: Abstention): AnswerOutcome => ({ status: 'abstained', ...abstention });
