import { abortError, ServiceError } from '../errors.js';
import { citationOf } from '../generator/citations.js';
import { placeAnswer } from '../ranking/answer-placement.js';
import { chooseAnswerPassages } from '../ranking/passage-budget.js';
import { type RewardedCandidate, withConfidence } from '../reward/confidence.js';
import { chooseStrategy } from '../reward/strategy.js';
import { citationIsVerbatim } from '../safety/answer-guard.js';
import type { QueryVerdict } from '../safety/query-guard.js';
import type { Abstention, AnswerOutcome, Candidate, ScoredCandidate, ScoredPassage, SearchRequest } from '../types.js';
import { isDeadline, runUntil } from './deadline.js';
import { guardPassages } from './guard-passages.js';
import { pageOf } from './page.js';
import type { AnswerParts, PipelineParts, PipelineSettings } from './parts.js';
import type { RequestTrace } from './trace.js';

/** Share of the time left that the generator may use; the rest is for scoring what it wrote. */
const GENERATION_SHARE = 0.8;

interface AnswerContext {
  parts: PipelineParts;
  settings: PipelineSettings;
  request: SearchRequest;
  trace: RequestTrace;
}

/**
 * The answer part of a request: candidates, rewards, choice, place. It never fails: what goes wrong is a reason.
 *
 * @param passages The hits, best first, from the top of the ranking.
 * @throws the error of the aborted signal, and nothing else.
 */
export async function findAnswer(
  context: AnswerContext,
  verdict: Promise<QueryVerdict>,
  passages: readonly ScoredPassage[],
  signal: AbortSignal,
): Promise<AnswerOutcome> {
  const { request, trace, parts } = context;
  const remainingMs = request.answer.deadlineMs - trace.elapsedMs;
  // A page further down repeats the question of the first one, where the answer stands.
  if (request.answer.mode === 'off' || request.offset > 0) return abstain({ reason: 'off' });
  try {
    return await runUntil(signal, remainingMs, async (inTime) => {
      const found = await verdict;
      if (found.action === 'hits-only') return abstain({ reason: 'unsafe-query', ...noticeOf(found) });
      // Without calibrator nothing is shown; the candidates are still of interest to whoever reads the trace.
      if (!parts.answering || (!parts.answering.calibrator && !request.debug)) {
        return abstain({ reason: 'generator-unavailable' });
      }
      const read = chooseAnswerPassages(passages, {
        limit: context.settings.answerPassages,
        minRelevance: context.settings.answerMinRelevance,
      });
      if (read.length === 0) return abstain({ reason: 'no-evidence' });
      const safe = await guardPassages(context, read, inTime);
      if (safe.length === 0) return abstain({ reason: 'no-evidence' });
      return await answerFrom(context, parts.answering, safe, passages, inTime);
    });
  } catch (error) {
    if (signal.aborted) throw abortError(signal);
    return abstain({ reason: isDeadline(error) ? 'deadline' : 'generator-unavailable' });
  }
}

async function answerFrom(
  context: AnswerContext,
  answering: AnswerParts,
  read: readonly ScoredPassage[],
  hits: readonly ScoredPassage[],
  signal: AbortSignal,
): Promise<AnswerOutcome> {
  const candidates = await generate(context, answering, read, signal);
  const scored = await score(context, answering, read, candidates, signal);
  return await context.trace.run('choice', async (report) => {
    const { request, settings } = context;
    const { calibrator } = answering;
    if (!calibrator) return abstain({ reason: 'generator-unavailable' });
    const minConfidence = request.answer.minConfidence ?? settings.minConfidence ?? calibrator.minConfidence;
    report.add({ minConfidence, calibrator: calibrator.version });
    const strategy = chooseStrategy({ verdict: 'allow', candidates: scored, minConfidence });
    if (strategy.action === 'abstain') return abstain(strategy.abstention);
    return await show(context, strategy.candidate, read, hits, minConfidence, signal);
  });
}

/** Candidates that are ready when the generator's share of the time is over are enough; none is a deadline missed. */
async function generate(
  { request, settings, trace }: AnswerContext,
  { generator }: AnswerParts,
  read: readonly ScoredPassage[],
  signal: AbortSignal,
): Promise<Candidate[]> {
  return await trace.run('generation', async (report) => {
    const candidates: Candidate[] = [];
    const { modelId, promptVersion } = generator;
    report.add({ modelId, promptVersion, passages: read.map(({ passage }) => passage.id) });
    const budgetMs = (request.answer.deadlineMs - trace.elapsedMs) * GENERATION_SHARE;
    const generation = {
      query: request.query,
      passages: read.map(({ passage }) => passage),
      candidates: request.answer.candidates,
      seed: settings.seed,
    };
    try {
      await runUntil(signal, budgetMs, async (inTime) => {
        for await (const candidate of generator.generate(generation, inTime)) {
          if (inTime.aborted) return;
          candidates.push(candidate);
        }
      });
    } catch (error) {
      if (signal.aborted || candidates.length === 0 || !isDeadline(error)) throw error;
      report.markLate();
    }
    report.add({ candidates: candidates.length });
    return candidates;
  });
}

async function score(
  { request, trace }: AnswerContext,
  answering: AnswerParts,
  read: readonly ScoredPassage[],
  candidates: readonly Candidate[],
  signal: AbortSignal,
): Promise<ScoredCandidate[]> {
  return await trace.run('reward', async (report) => {
    // Those of one passage side by side: the model then reads the passage once.
    const items = read.flatMap(({ passage }) =>
      candidates
        .filter(({ passageId }) => passageId === passage.id)
        .map((candidate) => ({ query: request.query, passage, candidate })),
    );
    const { rewardModel, calibrator } = answering;
    const logits = await rewardModel.score(items, signal);
    const rewarded = items.map(({ candidate }, index): RewardedCandidate => {
      const rewardLogit = logits[index];
      if (rewardLogit === undefined) throw new ServiceError('inference-failed');
      return { ...candidate, rewardLogit };
    });
    const relevance = read.flatMap(({ passage, relevanceScore }) =>
      relevanceScore === undefined ? [] : [[passage.id, relevanceScore] as const],
    );
    const scored = calibrator
      ? withConfidence(rewarded, new Map(relevance), calibrator)
      : rewarded.map((candidate) => ({ ...candidate, confidence: 0 })); // Nothing is known, and nothing shown.
    report.add({ modelId: rewardModel.modelId, candidates: scored, relevanceScores: Object.fromEntries(relevance) });
    return scored;
  });
}

/** Reads the cited document once more: only a quote that stands there now is shown. */
async function show(
  { parts, settings, request, trace }: AnswerContext,
  candidate: ScoredCandidate,
  read: readonly ScoredPassage[],
  hits: readonly ScoredPassage[],
  minConfidence: number,
  signal: AbortSignal,
): Promise<AnswerOutcome> {
  const { confidence, text } = candidate;
  const cited = read.find(({ passage }) => passage.id === candidate.passageId);
  const citation = cited && citationOf(candidate, cited.passage);
  if (!citation) return abstain({ reason: 'no-evidence', confidence });
  const document = await parts.documents.getDocument(citation.documentId, request.query.access, signal);
  if (!citationIsVerbatim(citation, document)) return abstain({ reason: 'no-evidence', confidence });
  const verdict = await parts.answerGuard?.check(request.query, { text, citations: [citation] }, signal);
  if (verdict?.action === 'withhold') {
    trace.guarded({ answerCategory: verdict.category });
    return abstain({ reason: verdict.category === 'unsupported' ? 'no-evidence' : 'unsafe-answer', confidence });
  }
  const page = pageOf(request, hits);
  const relevanceScores = page.map(({ relevanceScore }) => relevanceScore ?? null);
  // Whether to show it is decided; a caller who asked for a low threshold finds it below the hits.
  const { wrongAnswerCost } = settings;
  const slot = placeAnswer({ confidence, minConfidence, relevanceScores, wrongAnswerCost }) ?? page.length;
  return { status: 'answered', answer: { text, confidence, citations: [citation] }, slot };
}

const abstain = (abstention: Abstention): AnswerOutcome => ({ status: 'abstained', ...abstention });

const noticeOf = ({ notice }: { notice?: string }) => (notice === undefined ? {} : { notice });
