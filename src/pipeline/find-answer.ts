import { abortError, ServiceError } from '../errors.js';
import { chooseAnswerPassages } from '../ranking/passage-budget.js';
import { agreementWith, likeliestAnswer, type Reading } from '../ranking/reading.js';
import type { Calibrator } from '../reward/calibrator.js';
import { type RewardedCandidate, withConfidence } from '../reward/confidence.js';
import { calibratorFor } from '../reward/query-group.js';
import type { QueryVerdict } from '../safety/query-guard.js';
import type {
  AnswerOutcome,
  Candidate,
  QueryUnderstanding,
  ScoredCandidate,
  ScoredPassage,
  SearchRequest,
} from '../types.js';
import { claimContexts } from './claim-contexts.js';
import { isDeadline, runUntil } from './deadline.js';
import {
  type CitationEvidence,
  type CitedClaim,
  type DecisionInput,
  decideAnswer,
  planAnswer,
  type ReadPassage,
} from './decision.js';
import { decideEarly, type EarlyDecision, type EarlyInput, type KeptFailure } from './early-decision.js';
import { guardPassages } from './guard-passages.js';
import type { AnswerParts, PipelineParts, PipelineSettings } from './parts.js';
import type { RequestTrace } from './trace.js';

/** Share of the time left that the generator may use; the rest is for scoring what it wrote. */
const GENERATION_SHARE = 0.8;
/** Share of the time left before that a second model may use; the answer can be written and judged without it. */
const READER_SHARE = 0.25;
/** What the second model holds less likely than this is not worth writing: the reward model would read it for nothing. */
const MIN_SUGGESTED = 0.1;
/** Hits whose titles are looked at for what a query may mean. */
const READING_HITS = 10;

interface AnswerContext {
  parts: PipelineParts;
  settings: PipelineSettings;
  request: SearchRequest;
  /** The hits that the client sees. */
  page: readonly ScoredPassage[];
  /** What was read out of the query. */
  understanding: Pick<QueryUnderstanding, 'intent' | 'language'>;
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
  const { request, trace, parts, settings } = context;
  const { answering } = parts;
  const remainingMs = request.answer.deadlineMs - trace.elapsedMs;
  const off = decidedEarly(context, {});
  if (off) return off;
  try {
    return await runUntil(signal, remainingMs, async (inTime) => {
      const known: Partial<EarlyInput> = { verdict: await verdict };
      const unwanted = decidedEarly(context, known);
      if (unwanted) return unwanted;
      if (!answering) return decided(context, { ...known, lacks: 'generator' });
      // Without calibrator nothing is shown; the candidates are still of interest to whoever reads the trace.
      if (!answering.calibrator && !request.debug) return decided(context, { ...known, lacks: 'calibrator' });
      const read = chooseAnswerPassages(passages, {
        limit: settings.answerPassages,
        minRelevance: settings.answerMinRelevance,
      });
      const counts = { found: passages.length, chosen: read.length };
      const unfound = decidedEarly(context, { ...known, passages: counts });
      if (unfound) return unfound;
      const safe = await guardPassages(context, read, inTime);
      const unread = decidedEarly(context, { ...known, passages: { ...counts, safe: safe.length } });
      if (unread) return unread;
      const outcome = await answerFrom(context, answering, safe, passages, inTime);
      return outcome ?? decided(context, { ...known, lacks: 'calibrator' });
    });
  } catch (error) {
    if (signal.aborted) throw abortError(signal);
    const reason = isDeadline(error) ? 'deadline' : 'generator-unavailable';
    const code = error instanceof ServiceError ? error.code : 'internal';
    keepDecision(context, { reason, code });
    return { status: 'abstained', reason };
  }
}

/** What a trace is asked for: whoever replays it needs what decided. Kept only where somebody will read it. */
function keepDecision({ parts, request, trace }: AnswerContext, kept: EarlyDecision | KeptFailure): void {
  if (request.debug || parts.traces) trace.skip('choice', 'outcome' in kept ? { early: kept } : { failure: kept });
}

/** A decision that needs no candidates, if what is known by now makes one. */
function decidedEarly(context: AnswerContext, more: Partial<EarlyInput>): AnswerOutcome | null {
  const { request, understanding } = context;
  const { text } = request.query;
  const kind = understanding.intent;
  const input = {
    query: { text, ...(kind !== undefined && { kind }) },
    ...{ mode: request.answer.mode, offset: request.offset },
    ...more,
  };
  const outcome = decideEarly(input);
  if (outcome) keepDecision(context, { input, outcome });
  return outcome;
}

/** Where what is known leaves no choice. */
const decided = (context: AnswerContext, more: Partial<EarlyInput>): AnswerOutcome =>
  decidedEarly(context, more) ?? { status: 'abstained', reason: 'generator-unavailable' };

/** `null`: nothing can be chosen without calibrator; what was written stands in the trace. */
async function answerFrom(
  context: AnswerContext,
  answering: AnswerParts,
  read: readonly ScoredPassage[],
  hits: readonly ScoredPassage[],
  signal: AbortSignal,
): Promise<AnswerOutcome | null> {
  const readings = await readPassages(context, read, signal);
  const candidates = await generate(context, answering, { read, readings }, signal);
  const scored = await score(context, answering, { read, readings, candidates }, signal);
  const { calibrator } = answering;
  if (!calibrator) return null;
  const material = {
    passages: read.map(toReadPassage),
    candidates: scored.candidates,
    contexts: scored.contexts,
    hits,
  };
  return await choose(context, answering.promptTexts ?? [], calibrator, material, signal);
}

type Readings = ReadonlyMap<string, Reading>;

/** What a second model makes of the passages, by id; nothing of those where it fails or is late. */
async function readPassages(
  { request, parts, trace }: AnswerContext,
  read: readonly ScoredPassage[],
  signal: AbortSignal,
): Promise<Readings> {
  const { reader } = parts;
  if (!reader) return new Map();
  return await trace.run('reading', async (report) => {
    const budgetMs = (request.answer.deadlineMs - trace.elapsedMs) * READER_SHARE;
    const readings = await Promise.all(
      read.map(async ({ passage }) => {
        try {
          const reading = await runUntil(signal, budgetMs, (inTime) =>
            reader.read({ query: request.query, passage }, inTime),
          );
          return [[passage.id, reading] as const];
        } catch (error) {
          signal.throwIfAborted();
          if (isDeadline(error)) report.markLate();
          return [];
        }
      }),
    );
    report.add({ modelId: reader.modelId, passages: readings.length, read: readings.flat().length });
    return new Map(readings.flat());
  });
}

/** Candidates that are ready when the generator's share of the time is over are enough; none is a deadline missed. */
async function generate(
  { request, settings, trace }: AnswerContext,
  { generator }: AnswerParts,
  { read, readings }: { read: readonly ScoredPassage[]; readings: Readings },
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
      suggestions: suggestionsOf(read, readings),
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

function suggestionsOf(read: readonly ScoredPassage[], readings: Readings): Map<string, string> {
  const found = read.flatMap(({ passage: { id, text } }) => {
    const reading = readings.get(id);
    const answer = reading && likeliestAnswer(reading, text);
    return answer && answer.probability >= MIN_SUGGESTED ? [[id, answer.text] as const] : [];
  });
  return new Map(found);
}

interface Written {
  read: readonly ScoredPassage[];
  readings: Readings;
  candidates: readonly Candidate[];
}

async function score(
  { request, trace, parts, understanding }: AnswerContext,
  answering: AnswerParts,
  { read, readings, candidates }: Written,
  signal: AbortSignal,
): Promise<Scored> {
  return await trace.run('reward', async (report) => {
    // Those of one passage side by side: the model then reads the passage once.
    const items = read.flatMap(({ passage }) =>
      candidates
        .filter(({ passageId }) => passageId === passage.id)
        .map((candidate) => ({ query: request.query, passage, candidate })),
    );
    const { rewardModel } = answering;
    const calibrator = answering.calibrator && calibratorFor(answering.calibrator, queryOf(request, understanding));
    const logits = await rewardModel.score(items, signal);
    const rewarded = items.map(({ passage, candidate }, index): RewardedCandidate => {
      const rewardLogit = logits[index];
      if (rewardLogit === undefined) throw new ServiceError('inference-failed');
      const reading = candidate.declined ? undefined : readings.get(passage.id);
      const readerAgreement = reading && agreementWith(reading, passage.text, candidate.text);
      return { ...candidate, rewardLogit, ...(readerAgreement !== undefined && { readerAgreement }) };
    });
    const relevance = read.flatMap(({ passage, relevanceScore }) =>
      relevanceScore === undefined ? [] : [[passage.id, relevanceScore] as const],
    );
    const contexts = await claimContexts(parts.entailment, request.query.text, read, rewarded, signal);
    const scored = calibrator
      ? withConfidence(rewarded, new Map(relevance), calibrator, new Map(Object.entries(contexts)))
      : rewarded.map((candidate) => ({ ...candidate, confidence: 0 })); // Nothing is known, and nothing shown.
    const relevanceScores = Object.fromEntries(relevance);
    report.add({ modelId: rewardModel.modelId, candidates: scored, relevanceScores, contexts });
    return { candidates: scored, contexts };
  });
}

interface Scored {
  candidates: ScoredCandidate[];
  contexts: DecisionInput['contexts'];
}

/** Plans, reads back what the plan cites, and decides. Both halves are pure, so that the trace can be decided again. */
async function choose(
  context: AnswerContext,
  promptTexts: readonly string[],
  calibrator: Calibrator,
  material: Pick<DecisionInput, 'passages' | 'candidates' | 'contexts'> & { hits: readonly ScoredPassage[] },
  signal: AbortSignal,
): Promise<AnswerOutcome> {
  const { request, settings, parts, trace, understanding } = context;
  return await trace.run('choice', async (report) => {
    const { watch } = parts;
    const query = queryOf(request, understanding);
    const named =
      request.answer.minConfidence ?? settings.minConfidence ?? calibratorFor(calibrator, query).minConfidence;
    // A caller who names a threshold has made no promise to anyone.
    const minConfidence = request.answer.minConfidence === undefined ? (watch?.threshold(named) ?? named) : named;
    const { page } = context;
    const input: DecisionInput = {
      query,
      passages: material.passages,
      candidates: material.candidates,
      contexts: material.contexts,
      hits: material.hits.slice(0, READING_HITS).map(({ passage }) => ({
        title: passage.title,
        documentId: passage.documentId,
        text: passage.text,
      })),
      minConfidence,
      page: {
        relevanceScores: page.map(({ relevanceScore }) => relevanceScore ?? null),
        hitDocumentIds: page.map(({ passage }) => passage.documentId),
        wrongAnswerCost: settings.wrongAnswerCost ?? 1,
        layout: request.answer.layout ?? settings.answerLayout ?? 'inline',
      },
      promptTexts,
    };
    report.add({ minConfidence, calibrator: calibrator.version });
    const plan = planAnswer(input, calibrator);
    const evidence = await Promise.all(plan.cited.map((claim) => readBack(context, claim, signal)));
    const { outcome, checks } = decideAnswer(input, plan, evidence);
    const withheld = evidence.find((each) => each.withheld !== null)?.withheld;
    if (withheld) trace.guarded({ answerCategory: withheld });
    report.add({ strategy: plan.strategy.action, checks });
    if (request.debug || parts.traces) report.add({ decision: { input, evidence, outcome } });
    const confidence = confidenceOfOutcome(outcome);
    if (confidence !== undefined) {
      const { requestId } = request;
      watch?.observe({ requestId, tenant: query.access.tenant, confidence, isShown: outcome.status === 'answered' });
    }
    return outcome;
  });
}

/** What decides, of the query: its words, whom it may see for, and the group that its confidence belongs to. */
function queryOf(
  { query: { text, access, language } }: SearchRequest,
  understanding: AnswerContext['understanding'],
): DecisionInput['query'] {
  const known = language ?? understanding.language;
  const { intent: kind } = understanding;
  return { text, access, ...(known !== undefined && { language: known }), ...(kind !== undefined && { kind }) };
}

/** What stands at the citation now, and whether the answer guard objects. */
async function readBack(
  { parts, settings, request }: AnswerContext,
  { text, citation }: CitedClaim,
  signal: AbortSignal,
): Promise<CitationEvidence> {
  const { documentId, start, end } = citation;
  const [document, verdict] = await Promise.all([
    parts.documents.getDocument(documentId, request.query.access, signal),
    parts.answerGuard?.check(request.query, { text, citations: [citation] }, signal),
  ]);
  const withheld = verdict?.action === 'withhold' ? verdict.category : null;
  if (document === null || document.id !== documentId) return { source: null, withheld };
  const { tenant, acl, metadata } = document;
  const own = metadata.personalData;
  const personalData = own === 'show' || own === 'withhold' ? own : (settings.personalData ?? 'withhold');
  return { source: { tenant, acl, excerpt: document.text.slice(start, end), personalData }, withheld };
}

const confidenceOfOutcome = (outcome: AnswerOutcome) =>
  outcome.status === 'answered' ? outcome.answer.confidence : outcome.confidence;

function toReadPassage({ passage, relevanceScore }: ScoredPassage): ReadPassage {
  const { id, documentId, tenant, title, url, text, start, end, sentences, acl, date } = passage;
  return {
    ...{ id, documentId, tenant, title, url, text, start, end, sentences, acl },
    ...(date !== undefined && { date }),
    ...(relevanceScore !== undefined && { relevanceScore }),
  };
}
