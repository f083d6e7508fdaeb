import { join } from 'node:path';
import type { Config } from '../config.js';
import { ServiceError } from '../errors.js';
import { ExtractiveGenerator } from '../generator/drivers/extractive.js';
import { OnnxGenerator } from '../generator/drivers/onnx.js';
import { OpenAiCompatibleGenerator } from '../generator/drivers/openai-compatible.js';
import { startPolicyPool } from '../generator/drivers/policy-pool.js';
import type { Generator } from '../generator/generator.js';
import { fixedTexts, loadPromptTemplate } from '../generator/prompt.js';
import { openModel } from '../onnx/manifest.js';
import type { SessionPool } from '../onnx/session-pool.js';
import { loadWholeWords } from '../onnx/whole-words.js';
import type { DocumentScorer } from '../ranking/document-scorer.js';
import { CommandScorer } from '../ranking/drivers/command-scorer.js';
import { HttpScorer } from '../ranking/drivers/http-scorer.js';
import { OnnxCrossEncoder } from '../ranking/drivers/onnx-cross-encoder.js';
import type { Reranker } from '../ranking/reranker.js';
import { withCircuitBreaker } from '../retrieval/circuit-breaker.js';
import { DocumentWriter } from '../retrieval/document-writer.js';
import { ElasticsearchIndex } from '../retrieval/drivers/elasticsearch.js';
import { EmbeddedIndex } from '../retrieval/drivers/embedded.js';
import { OnnxEmbedder } from '../retrieval/drivers/onnx-embedder.js';
import { QdrantIndex } from '../retrieval/drivers/qdrant.js';
import type { Embedder } from '../retrieval/embedder.js';
import { DEFAULT_FUSION, type FusionSettings, readFusionSettings } from '../retrieval/fusion.js';
import { withHedging } from '../retrieval/hedging.js';
import { HybridRetriever } from '../retrieval/hybrid-retriever.js';
import { buildingAlias, type VersionedIndex } from '../retrieval/index-versions.js';
import type { Indexer, StoredSource } from '../retrieval/indexer.js';
import { PairedIndexer } from '../retrieval/paired-indexer.js';
import type { RebuildOptions } from '../retrieval/rebuild.js';
import { withRememberedQueries } from '../retrieval/remembered-queries.js';
import type { DocumentReader, Retriever } from '../retrieval/retriever.js';
import { loadSentenceSplitter } from '../retrieval/sentences.js';
import type { VerifiableStore } from '../retrieval/verify.js';
import { loadCalibrator } from '../reward/calibrator.js';
import { DriftMonitor } from '../reward/drift-monitor.js';
import { OnnxRewardModel, type OnnxRewardModelOptions } from '../reward/drivers/onnx.js';
import type { RewardModel } from '../reward/reward-model.js';
import { type AnswerGuard, answersInTurn, supportGuard } from '../safety/answer-guard.js';
import { createCoverageEntailment } from '../safety/drivers/coverage-entailment.js';
import { FileOverrides } from '../safety/drivers/file-overrides.js';
import { createRuleGuard } from '../safety/drivers/rule-guard.js';
import { createRulePassageGuard } from '../safety/drivers/rule-passage-guard.js';
import { openTrainedAnswerGuard } from '../safety/drivers/trained-answer-guard.js';
import { openTrainedEntailment } from '../safety/drivers/trained-entailment.js';
import { openTrainedGuard } from '../safety/drivers/trained-guard.js';
import { openTrainedPassageGuard } from '../safety/drivers/trained-passage-guard.js';
import type { EntailmentChecker } from '../safety/entailment.js';
import { type OverrideStore, withOverrides } from '../safety/overrides.js';
import type { PassageGuard } from '../safety/passage-guard.js';
import { inTurn, type QueryGuard } from '../safety/query-guard.js';
import { createAnswerPipeline } from './answer-pipeline.js';
import { driftFileWriter, readDriftFile } from './drift-file.js';
import type { AnswerParts, PipelineParts } from './parts.js';
import type { ComponentStatus, Pipeline } from './pipeline.js';
import { rerankerScorer, rewardScorer } from './scorers.js';
import { FileTraceStore } from './trace-store.js';

// The composition root: the only file that knows which drivers are in use.

export interface CreateOptions {
  /** Told what is missing and what to run, when the service goes on without it. */
  warn(message: string): void;
}

/** Retrievers get less than all of the time for the hits, so that one that hangs does not cost the others' results. */
const RETRIEVER_SHARE = 0.75;

/**
 * Opens models and index, and joins them.
 *
 * @throws ServiceError when embedder or index cannot be used, naming the file, what was expected and what to run. What
 * else is missing or broken is told to `warn` and shows in `status`; hits are served without it.
 */
export async function createPipeline(config: Config, { warn }: CreateOptions): Promise<Pipeline> {
  const opened = new Opened();
  try {
    const reranking = config.retrieval.rerankDepth > 0 ? openReranker(config, opened) : Promise.resolve(null);
    const answers = config.answer.generator === 'off' ? null : openAnswering(config, reranking, opened);
    // Retrieval and the query guard ask for the vector of the same query.
    const embedding = openEmbedder(config).then((embedder) => opened.keep(withRememberedQueries(embedder)));
    const guarding = openGuards(config, embedding, opened);
    const [index, reranker, answering, guards] = await opened.all(
      openSearch(config, embedding, opened),
      reranking,
      answers,
      guarding,
    );
    opened.warnings.forEach(warn);
    const { retrieval, answer } = config;
    return createAnswerPipeline(
      {
        passages: new HybridRetriever({
          retrievers: index.retrievers,
          embedder: index.embedder,
          fusion: await fusionOf(config),
          timeoutMs: retrieval.hitsTimeoutMs * RETRIEVER_SHARE,
        }),
        isWord: await loadWholeWords(join(config.modelsDir, config.models.embedder, 'tokenizer.json')),
        documents: index.documents,
        writer: index.writer,
        ...guards,
        reranker,
        reader: reranker?.reader ?? null,
        answering,
        ...(await openWatch(config, answering, warn)),
        ...(config.traces.dir !== undefined && {
          traces: new FileTraceStore({ dir: config.traces.dir, limit: config.traces.limit }),
        }),
        status: async (signal) => [
          ...(await retrieverStatus(index.retrievers, signal)),
          ...opened.components,
          await overridesStatus(guards.overrides, config.tenant),
        ],
        close: () => opened.close(),
      },
      {
        retrievalLimit: retrieval.limit,
        querySteps: retrieval.querySteps,
        nearDuplicates: retrieval.nearDuplicates,
        diversity: retrieval.diversity,
        rerankDepth: retrieval.rerankDepth,
        hitsTimeoutMs: retrieval.hitsTimeoutMs,
        rerankTimeoutMs: retrieval.rerankTimeoutMs,
        answerPassages: answer.passages,
        answerMinRelevance: answer.minRelevance,
        minConfidence: answer.minConfidence,
        wrongAnswerCost: answer.wrongAnswerCost,
        answerLayout: answer.layout,
        personalData: answer.personalData,
        seed: answer.seed,
      },
    );
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function openWatch(
  { drift }: Config,
  answering: AnswerParts | null,
  warn: (message: string) => void,
): Promise<Pick<PipelineParts, 'watch'>> {
  const calibrator = answering?.calibrator;
  if (!drift.enabled || !calibrator) return {};
  const kept =
    drift.file === undefined
      ? {}
      : { memory: await readDriftFile(drift.file, warn), onChange: driftFileWriter(drift.file, warn) };
  return { watch: new DriftMonitor({ calibrator, ...kept }) };
}

async function fusionOf({ retrieval: { rrfK, fusionFile } }: Config): Promise<FusionSettings> {
  return fusionFile ? readFusionSettings(fusionFile) : { ...DEFAULT_FUSION, method: 'rrf', k: rrfK };
}

/**
 * The back ends one by one, with nothing that joins them.
 *
 * @throws ServiceError when embedder or index cannot be used.
 */
export async function openRetrievers(
  config: Config,
): Promise<{ embedder: Embedder; retrievers: readonly Retriever[]; close(): Promise<void> }> {
  const opened = new Opened();
  try {
    const embedding = openEmbedder(config).then((one) => opened.keep(one));
    const { embedder, retrievers } = await openSearch(config, embedding, opened);
    return { embedder, retrievers, close: () => opened.close() };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** What texts outside any index can be scored with. */
export type ScorerChoice =
  | { kind: 'cross-encoder' }
  | { kind: 'reward' }
  | { kind: 'http'; url: string; model?: string; apiKey?: string; pointwise: boolean }
  | { kind: 'command'; command: string; pointwise: boolean };

/**
 * Opens a scorer alone, without index.
 *
 * @throws ServiceError `model-missing` or `model-corrupt`, naming the file.
 */
export async function openScorer(config: Config, choice: ScorerChoice): Promise<DocumentScorer> {
  const { modelsDir, promptsDir, models, inference, tenant } = config;
  const access = { tenant, groups: [] };
  switch (choice.kind) {
    case 'cross-encoder': {
      const modelDir = join(modelsDir, models.reranker);
      return rerankerScorer(await OnnxCrossEncoder.start({ modelDir, ...inference }), access);
    }
    case 'reward':
      return rewardScorer(await openRewardModelAlone(config), await loadSentenceSplitter(promptsDir), access);
    case 'http':
      return new HttpScorer(choice);
    case 'command':
      return new CommandScorer(choice);
  }
}

/**
 * The reward model alone, without index. Closing it ends its workers.
 *
 * @throws ServiceError `model-missing` or `model-corrupt`, naming the file.
 */
export async function openRewardModelAlone({ modelsDir, promptsDir, models, inference }: Config): Promise<RewardModel> {
  const policyDir = join(modelsDir, models.policy);
  const rewardDir = join(modelsDir, models.reward);
  await Promise.all([openModel(policyDir), openModel(rewardDir)]);
  const pool = await startPolicyPool({ policyDir, rewardDir, promptsDir, ...inference });
  return OnnxRewardModel.open({ pool, rewardDir });
}

/** What ingesting writes to. */
export interface WritableIndex {
  embedder: Embedder;
  indexer: Indexer;
  close(): Promise<void>;
}

/** @throws ServiceError when the embedder cannot be used, naming the file, what was expected and what to run. */
export async function openWritableIndex(config: Config): Promise<WritableIndex> {
  const embedder = await openEmbedder(config);
  const { indexer } = openIndex(config, embedder);
  return {
    embedder,
    indexer,
    async close() {
      await Promise.all([indexer.close(), embedder.close()]);
    },
  };
}

/** The documents of an embedded index, without any model. */
export async function* openStoredSources(dir: string, signal: AbortSignal): AsyncGenerator<StoredSource> {
  const index = new EmbeddedIndex({ dir, embedder: NO_MODEL });
  try {
    yield* index.sources(signal);
  } finally {
    await index.close();
  }
}

const openEmbedder = ({ modelsDir, models, inference }: Config): Promise<Embedder> =>
  OnnxEmbedder.start({ modelDir: join(modelsDir, models.embedder), ...inference });

interface SearchParts {
  embedder: Embedder;
  retrievers: readonly Retriever[];
  documents: DocumentReader;
  writer: DocumentWriter;
}

/** Errors that another look cannot mend: the start fails with them, whatever the other back end says. */
const FATAL = new Set(['invalid-config', 'index-missing', 'index-corrupt', 'index-mismatch']);

async function openSearch(config: Config, embedding: Promise<Embedder>, opened: Opened): Promise<SearchParts> {
  const embedder = await embedding;
  const { indexer, retrievers, documents, notice } = openIndex(config, embedder);
  opened.keep(indexer);
  if (notice) opened.warnings.push(notice);
  const signal = AbortSignal.timeout(30_000);
  const checks = await Promise.allSettled(retrievers.map((retriever) => retriever.check(signal)));
  const failed = checks.flatMap((check) => (check.status === 'rejected' ? [check.reason as unknown] : []));
  // An index that is missing or of another model is an error of the start, not of the first query. A cluster that is
  // down may come back, as long as the other one serves.
  const fatal = failed.find((error) => FATAL.has(codeOf(error)));
  if (fatal ?? failed.length === retrievers.length) throw fatal ?? failed[0];
  for (const error of failed)
    opened.warnings.push(`Served without it: ${error instanceof Error ? error.message : error}`);
  const split = await loadSentenceSplitter(config.promptsDir);
  return { embedder, retrievers, documents, writer: new DocumentWriter({ embedder, indexer, documents, split }) };
}

interface OpenIndex {
  indexer: Indexer;
  retrievers: readonly Retriever[];
  documents: DocumentReader;
  /** For the start-up, when one of two stores serves alone. */
  notice?: string;
}

/** The clusters that are named, else the folder. */
function openIndex(config: Config, embedder: Embedder): OpenIndex {
  const { clusterAlias: alias } = config;
  const { lexical, dense } = openClusters(config, alias, embedder);
  const { hedgeAfterMs } = config.retrieval;
  const guarded = (one: Retriever) => withCircuitBreaker(hedgeAfterMs > 0 ? withHedging(one, hedgeAfterMs) : one);
  const byWords = lexical && guarded(lexical.lexicalRetriever());
  const byMeaning = dense && guarded(dense.denseRetriever());
  if (lexical && byWords && dense && byMeaning) {
    return { indexer: new PairedIndexer(lexical, dense), retrievers: [byWords, byMeaning], documents: lexical };
  }
  if (lexical && byWords) {
    const notice = 'Elasticsearch serves alone: passages are found by their words only. QDRANT_URL adds their meaning.';
    return { indexer: lexical, retrievers: [byWords], documents: lexical, notice };
  }
  if (dense && byMeaning) {
    const notice = 'Qdrant serves alone: passages are found by their meaning only. ELASTICSEARCH_URL adds their words.';
    return { indexer: dense, retrievers: [byMeaning], documents: dense, notice };
  }
  const index = new EmbeddedIndex({ dir: config.indexDir, embedder });
  return { indexer: index, retrievers: [index.lexicalRetriever(), index.denseRetriever()], documents: index };
}

/** The drivers of the clusters that are named. */
function openClusters({ elasticsearch, qdrant }: Config, alias: string, embedder: ClusterEmbedder) {
  const isLexical = elasticsearch.url !== undefined || elasticsearch.cloudId !== undefined;
  const lexical = isLexical ? new ElasticsearchIndex({ ...elasticsearch, alias, embedder }) : null;
  const dense = qdrant.url ? new QdrantIndex({ ...qdrant, url: qdrant.url, alias, embedder }) : null;
  return { lexical, dense, all: [lexical, dense].filter((store) => store !== null) };
}

type ClusterEmbedder = Pick<Embedder, 'modelId' | 'dimensions'>;
const NO_MODEL: ClusterEmbedder = { modelId: '', dimensions: 0 };

/** Removes the index of the clusters in all its versions; what an evaluation has put there is not kept. */
export async function dropClusterIndex(config: Config, signal: AbortSignal): Promise<void> {
  for (const store of openClusters(config, config.clusterAlias, NO_MODEL).all) {
    await store.drop(signal).finally(() => store.close());
  }
}

/**
 * The versions of the index in each cluster, without any model.
 *
 * @throws ServiceError `invalid-config` when no cluster is named.
 */
export function openVersions(config: Config): { stores: VersionedIndex[]; close(): Promise<void> } {
  const stores = openClusters(config, config.clusterAlias, NO_MODEL).all;
  if (stores.length === 0) throw noCluster();
  return {
    stores: stores.map((store) => store.versions()),
    async close() {
      for (const store of stores) await store.close();
    },
  };
}

const noCluster = () =>
  new ServiceError('invalid-config', {
    message:
      'ELASTICSEARCH_URL or QDRANT_URL: expected an address. The embedded index has no versions: ingest into another folder ' +
      'and set CANDOR_INDEX_DIR.',
  });

export interface Rebuilding extends Pick<RebuildOptions, 'stores' | 'building' | 'buildingContents' | 'served'> {
  embedder: Embedder;
  /** The served version in each store. */
  verifiable: VerifiableStore[];
  close(): Promise<void>;
}

/**
 * What is served and what is being filled, in the clusters that are named.
 *
 * @throws ServiceError `invalid-config` when none is, or when the embedder cannot be used.
 */
export async function openRebuild(config: Config): Promise<Rebuilding> {
  if (!config.elasticsearch.url && !config.elasticsearch.cloudId && !config.qdrant.url) throw noCluster();
  const embedder = await openEmbedder(config);
  const served = openClusters(config, config.clusterAlias, embedder);
  const building = openClusters(config, buildingAlias(config.clusterAlias), embedder);
  const paired = ({ lexical, dense, all: [first] }: typeof served) =>
    lexical && dense ? new PairedIndexer(lexical, dense) : (first as ElasticsearchIndex | QdrantIndex);
  const contentsOf = ({ all: [first] }: typeof served) => (first as ElasticsearchIndex | QdrantIndex).contents();
  return {
    embedder,
    stores: served.all.map((store) => store.versions()),
    building: paired(building),
    buildingContents: contentsOf(building),
    served: { indexer: paired(served), contents: contentsOf(served) },
    verifiable: served.all.map((store) => ({ contents: store.contents(), indexer: store })),
    async close() {
      await Promise.all([...served.all, ...building.all, embedder].map((part) => part.close()));
    },
  };
}

function openReranker({ modelsDir, models, inference }: Config, opened: Opened): Promise<OnnxCrossEncoder | null> {
  const modelDir = join(modelsDir, models.reranker);
  return opened.optional('reranker', 'hits keep the order of retrieval', () =>
    OnnxCrossEncoder.start({ modelDir, ...inference }),
  );
}

interface Guards {
  guard: QueryGuard;
  passageGuard: PassageGuard | null;
  answerGuard: AnswerGuard | null;
  entailment?: EntailmentChecker;
  overrides: OverrideStore;
}

/** A trained guard that cannot be opened leaves its work to the rules, where there are some. */
async function openGuards(config: Config, embedding: Promise<Embedder>, opened: Opened): Promise<Guards> {
  const { modelsDir, safety } = config;
  const { models, hitsOnlyTopics } = safety;
  const folder = (name: string) => join(modelsDir, name);
  const [query, passage, answer, entailment] = await opened.all(
    safety.queryGuard.includes('trained')
      ? opened.optional('query-guard', 'queries are guarded by rules alone', async () => {
          const embedder = await embedderOfGuard(config, embedding, opened);
          return openTrainedGuard({ modelDir: folder(models.query), embedder, hitsOnlyTopics });
        })
      : null,
    safety.passageGuard === 'trained'
      ? opened.optional('passage-guard', 'passages are guarded by rules alone', () =>
          openTrainedPassageGuard({ modelDir: folder(models.passage) }),
        )
      : null,
    safety.answerGuard === 'trained'
      ? opened.optional('answer-guard', 'what an answer says is not looked at', () =>
          openTrainedAnswerGuard({ modelDir: folder(models.answer) }),
        )
      : null,
    safety.entailment === 'trained'
      ? opened.optional('entailment', 'no checker asks whether the quote supports the answer', () =>
          openTrainedEntailment(folder(models.entailment)),
        )
      : null,
  );
  const overrides = openOverrides({ safety });
  const checker = safety.entailment === 'coverage' ? createCoverageEntailment() : entailment;
  const guards = safety.queryGuard.flatMap((name) => {
    if (name === 'off') return [];
    return name === 'trained' && query ? [query] : [createRuleGuard()];
  });
  return {
    guard: withOverrides(inTurn(guards), overrides),
    passageGuard: safety.passageGuard === 'off' ? null : (passage ?? createRulePassageGuard()),
    ...(entailment && { entailment }),
    answerGuard: answersInTurn([
      ...(answer ? [answer] : []),
      ...(checker ? [supportGuard(checker, safety.minSupport)] : []),
    ]),
    overrides,
  };
}

/** The one that retrieval uses; the guard's own where another is named, because it has learnt from the vectors of one model. */
async function embedderOfGuard(
  { modelsDir, safety: { models } }: Config,
  embedding: Promise<Embedder>,
  opened: Opened,
): Promise<Embedder> {
  if (models.queryEmbedder === undefined) return embedding;
  const modelDir = join(modelsDir, models.queryEmbedder);
  return opened.keep(await OnnxEmbedder.start({ modelDir, workers: 1, threadsPerWorker: 1 }));
}

/** The administrator's rules alone, without models or index. */
export const openOverrides = ({ safety }: Pick<Config, 'safety'>): OverrideStore => new FileOverrides(safety.overrides);

/** The reward model stands on the policy's lower layers: its workers hold both, whoever writes the candidates. */
async function openAnswering(
  config: Config,
  reranking: Promise<Reranker | null>,
  opened: Opened,
): Promise<AnswerParts | null> {
  const { modelsDir, promptsDir, inference } = config;
  const policyDir = join(modelsDir, config.models.policy);
  const rewardDir = join(modelsDir, config.models.reward);
  const reward = await opened.optional('reward', 'answers cannot be judged, hits only', () => openModel(rewardDir));
  const models = await opened.optional('generator', 'hits only', async () => {
    await openModel(policyDir);
    if (!reward) return null;
    const pool = opened.keep(await startPolicyPool({ policyDir, rewardDir, promptsDir, ...inference }));
    const { generator, known, promptTexts } = await openGenerator(config, pool, policyDir);
    return { generator, promptTexts, rewardModel: await OnnxRewardModel.open({ pool, rewardDir, known }) };
  });
  if (!models) return null;
  const { generator, rewardModel, promptTexts } = models;
  const versions = {
    policy: generator.modelId,
    reward: rewardModel.modelId,
    prompt: generator.promptVersion,
    reranker: (await reranking)?.modelId ?? null,
  };
  const calibrator = await opened.optional('confidence', 'no answer is shown, hits only', () =>
    loadCalibrator(config.calibrator, versions),
  );
  return { generator, rewardModel, calibrator, promptTexts };
}

interface OpenGenerator {
  generator: Generator;
  /** Fixed texts of its prompt. */
  promptTexts: readonly string[];
  /** A reward that was taken while the candidate was written. */
  known?: OnnxRewardModelOptions['known'];
}

async function openGenerator(config: Config, pool: SessionPool, policyDir: string): Promise<OpenGenerator> {
  const { promptsDir, openaiCompatible, models, answer } = config;
  if (answer.generator === 'extractive') return { generator: new ExtractiveGenerator(), promptTexts: [] };
  const template = await loadPromptTemplate(promptsDir);
  const promptTexts = fixedTexts(template);
  if (answer.generator === 'openai-compatible') {
    const { url, apiKey } = openaiCompatible;
    if (!url) {
      const message = 'OPENAI_COMPATIBLE_URL: expected an address, since CANDOR_GENERATOR is openai-compatible.';
      throw new ServiceError('invalid-config', { message });
    }
    return { promptTexts, generator: new OpenAiCompatibleGenerator({ url, apiKey, model: models.policy, template }) };
  }
  const generator = await OnnxGenerator.open({ pool, policyDir, promptsDir, withReward: true });
  return { generator, promptTexts, known: (item) => generator.knownReward(item) };
}

/** Any retriever is enough to serve; the last one that works is required. */
async function retrieverStatus(retrievers: readonly Retriever[], signal: AbortSignal): Promise<ComponentStatus[]> {
  const checks = await Promise.allSettled(retrievers.map((retriever) => retriever.check(signal)));
  const noneIsReady = checks.every(({ status }) => status === 'rejected');
  return retrievers.map(({ name }, index): ComponentStatus => {
    const check = checks[index];
    if (check?.status !== 'rejected') return { name, ready: true, required: false };
    return { name, ready: false, required: noneIsReady, code: codeOf(check.reason) };
  });
}

/** Rules that cannot be read stop every answer. */
async function overridesStatus(overrides: OverrideStore, tenant: string): Promise<ComponentStatus> {
  const component = { name: 'overrides', required: false };
  return await overrides.list(tenant).then(
    () => ({ ...component, ready: true }),
    (error: unknown) => ({ ...component, ready: false, code: codeOf(error) }),
  );
}

const codeOf = (error: unknown) => (error instanceof ServiceError ? error.code : 'internal');

interface Closable {
  close(): Promise<void>;
}

/** What has been opened so far, to be closed together, and how the optional parts are. */
class Opened {
  readonly components: ComponentStatus[] = [];
  /** Told only when the service starts: an error of a required part is one message. */
  readonly warnings: string[] = [];
  readonly #parts: Closable[] = [];

  keep<T extends Closable>(part: T): T {
    this.#parts.push(part);
    return part;
  }

  /** Waits for all, even when one fails, so that nothing is still being opened while the rest is closed. */
  async all<T extends readonly unknown[]>(...work: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
    await Promise.allSettled(work);
    return Promise.all(work);
  }

  /** @param without What is different when it cannot be opened, for the warning. */
  async optional<T>(name: string, without: string, open: () => Promise<T>): Promise<T | null> {
    try {
      const part = await open();
      if (isClosable(part)) this.keep(part);
      this.components.push({ name, ready: true, required: false });
      return part;
    } catch (error) {
      this.components.push({ name, ready: false, required: false, code: codeOf(error) });
      this.warnings.push(`No ${name}; ${without}. ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#parts.splice(0).map((part) => part.close()));
  }
}

const isClosable = (part: unknown): part is Closable =>
  typeof part === 'object' && part !== null && 'close' in part && typeof part.close === 'function';
