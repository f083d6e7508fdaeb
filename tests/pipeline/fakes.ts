import type { Generator } from '../../src/generator/generator.js';
import type { PipelineParts, PipelineSettings } from '../../src/pipeline/parts.js';
import type { Reranker } from '../../src/ranking/reranker.js';
import { type Calibrator, sealCalibrator } from '../../src/reward/calibrator.js';
import type { RewardModel } from '../../src/reward/reward-model.js';
import type { Override, OverrideStore } from '../../src/safety/overrides.js';
import type { QueryGuard } from '../../src/safety/query-guard.js';
import type { Candidate, Passage, ScoredPassage, SearchRequest, SourceDocument, TextSpan } from '../../src/types.js';

/** Small hand-written parts: every test shows what differs from a search that goes well. */

const access = { tenant: 'default', groups: [] };

export function passage(documentId: string, ...sentences: string[]): Passage {
  const spans: TextSpan[] = [];
  let text = '';
  for (const sentence of sentences) {
    if (text !== '') text += ' ';
    spans.push({ start: text.length, end: text.length + sentence.length });
    text += sentence;
  }
  return {
    id: `${documentId}#0`,
    documentId,
    tenant: 'default',
    title: documentId,
    url: `https://example.org/${documentId}`,
    text,
    start: 0,
    end: text.length,
    sentences: spans,
    acl: [],
    metadata: {},
  };
}

export const piano = passage('piano', 'The piano has 88 keys.', 'Bartolomeo Cristofori invented it in Florence.');
export const harp = passage('harp', 'The harp is old.', 'Nobody knows who invented it.');
export const organ = passage('organ', 'Ctesibius of Alexandria built the first organ.');

export function documentOf({ documentId, text, title, url }: Passage): SourceDocument {
  return { id: documentId, tenant: 'default', url, title, text, acl: [], metadata: {} };
}

export const scored = (passages: readonly Passage[]): ScoredPassage[] =>
  passages.map((each, index) => ({ passage: each, fusedScore: 1 / (61 + index) }));

export function candidate(of: Passage, text: string, sentenceNumber: number | null): Candidate {
  return {
    text,
    sentenceNumber,
    passageId: of.id,
    declined: sentenceNumber === null,
    meanTokenLogprob: -0.1,
    sampled: 'greedy',
    declineProbability: 0.1,
  };
}

export const cristofori = candidate(piano, 'Bartolomeo Cristofori', 2);
export const decline = (of: Passage) => candidate(of, '', null);

/** Says each candidate after a delay; stops when it is told to. */
export function fakeGenerator(candidates: readonly Candidate[], delayMs = 0): Generator & { stopped: boolean } {
  return {
    modelId: 'policy@test',
    promptVersion: 'test',
    stopped: false,
    async *generate(_request, signal) {
      try {
        for (const each of candidates) {
          if (delayMs > 0) await sleep(delayMs, signal);
          yield each;
        }
      } catch (error) {
        this.stopped = true;
        throw error;
      }
    },
    close: async () => {},
  };
}

/** Rewards by answer text; declining is worth 0. */
export function fakeReward(rewards: Readonly<Record<string, number>>): RewardModel {
  return {
    modelId: 'reward@test',
    promptVersion: 'test',
    score: async (items) => items.map(({ candidate: { text } }) => rewards[text] ?? 0),
    close: async () => {},
  };
}

/** Ranks as told: a score by document id. */
export function fakeReranker(scores: Readonly<Record<string, number>>, delayMs = 0): Reranker {
  return {
    modelId: 'reranker@test',
    async rerank({ passages }, signal) {
      if (delayMs > 0) await sleep(delayMs, signal);
      return passages
        .map(({ documentId }, index) => {
          const relevanceScore = scores[documentId] ?? 0;
          return { index, relevanceLogit: relevanceScore * 10 - 5, relevanceScore };
        })
        .sort((a, b) => b.relevanceLogit - a.relevanceLogit);
    },
    close: async () => {},
  };
}

/** These rules for every tenant; they cannot be changed. */
export function fakeOverrides(rules: readonly Override[] = []): OverrideStore {
  const refuse = async () => {
    throw new Error('These rules cannot be changed.');
  };
  return { list: async () => rules, add: refuse, remove: refuse, audit: async () => [] };
}

export const allowAll: QueryGuard = { guardId: 'allow@test', check: async () => ({ action: 'allow' }) };

/** Confidence = logistic(reward), threshold 0.8. */
export function fakeCalibrator(): Calibrator {
  const unused = { weight: 0, mean: 0, scale: 1 };
  return sealCalibrator({
    format: 1,
    fittedFor: { policy: 'policy@test', reward: 'reward@test', prompt: 'test', reranker: null },
    intercept: 0,
    features: {
      rewardLogit: { weight: 1, mean: 0, scale: 1 },
      margin: unused,
      agreement: unused,
      meanTokenLogprob: unused,
      relevanceScore: unused,
      declineProbability: unused,
    },
    isotonic: { scores: [0.001, 0.999], values: [0.001, 0.999] },
    minConfidence: 0.8,
    fit: {
      date: '2026-01-01',
      questions: 100,
      right: 50,
      targetPrecision: 0.9,
      precision: 0.95,
      precisionLow: 0.9,
      shown: 40,
      calibrationError: 0.03,
    },
  });
}

/** A pipeline's parts for a search that goes well: three passages, the right answer with reward 3 (confidence 0.95). */
export function fakeParts(changes: Partial<PipelineParts> = {}): PipelineParts {
  const passages = [piano, harp, organ];
  return {
    passages: { retrieve: async () => ({ passages: scored(passages), degraded: [] }) },
    documents: {
      async getDocument(documentId, { tenant }) {
        const found = passages.find((each) => each.documentId === documentId);
        return found ? { ...documentOf(found), tenant } : null;
      },
    },
    writer: { get: async () => null, write: async () => [] },
    guard: allowAll,
    passageGuard: null,
    answerGuard: null,
    overrides: fakeOverrides(),
    reranker: fakeReranker({ piano: 0.9, harp: 0.2, organ: 0.1 }),
    answering: {
      generator: fakeGenerator([cristofori, decline(harp), candidate(organ, 'Ctesibius', 1)]),
      rewardModel: fakeReward({ 'Bartolomeo Cristofori': 3, Ctesibius: -2 }),
      calibrator: fakeCalibrator(),
    },
    status: async () => [{ name: 'embedded', ready: true, required: true }],
    close: async () => {},
    ...changes,
  };
}

export const settings: PipelineSettings = {
  retrievalLimit: 100,
  rerankDepth: 10,
  hitsTimeoutMs: 1_000,
  rerankTimeoutMs: 200,
  answerPassages: 3,
  seed: 1,
};

export function searchRequest(changes: Partial<SearchRequest> = {}): SearchRequest {
  return {
    requestId: 'request-1',
    query: { text: 'Who invented the piano?', access },
    limit: 10,
    offset: 0,
    answer: { mode: 'auto', deadlineMs: 2_000, candidates: 4 },
    debug: false,
    ...changes,
  };
}

/** Resolves after the time, rejects when the signal aborts. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/** A promise of work that pays no attention to any signal. */
export const never = <T>(): Promise<T> => new Promise<T>(() => {});
