import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ServiceError } from './errors.js';

const integer = (fallback: number, low: number, high: number) =>
  z.coerce.number().int().min(low).max(high).default(fallback);
/** A folder that comes with the program, wherever it is started; short where it lies below the working directory. */
function shipped(name: string): string {
  const path = fileURLToPath(new URL(`../${name}`, import.meta.url));
  const near = relative('', path);
  return near.startsWith('..') ? path : near;
}
/** Names from a list, separated by commas. */
const namesOf = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean),
    )
    .pipe(z.array(z.enum(names)));
const probability = z.coerce.number().min(0).max(1);
const flag = (fallback: boolean) => z.stringbool().default(fallback);

const apiKeys = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'expected a JSON list' });
      return z.NEVER;
    }
  })
  .pipe(
    z.array(
      z.strictObject({
        key: z.string().min(16),
        tenant: z.string().min(1).default('default'),
        groups: z.array(z.string().min(1)).default([]),
        scopes: z.array(z.enum(['search', 'write', 'debug', 'admin'])).default(['search']),
      }),
    ),
  )
  .default([]);

/** Environment variables, their types and defaults. `.env.example` lists the same, in the same order. */
const environment = z.object({
  CANDOR_HOST: z.string().min(1).default('127.0.0.1'),
  CANDOR_PORT: integer(8080, 0, 65_535),
  CANDOR_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** Credentials as a JSON list of `{key, tenant?, groups?, scopes?}`; empty = open, tenant `default`. */
  CANDOR_API_KEYS: apiKeys,
  CANDOR_CORS_ORIGINS: z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((origin) => origin.trim())
        .filter(Boolean),
    )
    .default([]),
  CANDOR_TRUST_PROXY: flag(false),
  CANDOR_BODY_LIMIT_BYTES: integer(1_048_576, 1_024, 104_857_600),
  CANDOR_QUERY_MAX_CHARACTERS: integer(2_000, 1, 10_000),
  CANDOR_RATE_LIMIT_PER_MINUTE: integer(600, 0, 1_000_000),
  CANDOR_MAX_IN_FLIGHT: integer(64, 1, 100_000),
  CANDOR_CLOSE_TIMEOUT_MS: integer(10_000, 0, 120_000),

  CANDOR_INDEX_DIR: z.string().min(1).default('.candor/index'),
  CANDOR_MODELS_DIR: z
    .string()
    .min(1)
    .default(() => shipped('models')),
  CANDOR_PROMPTS_DIR: z
    .string()
    .min(1)
    .default(() => shipped('prompts')),
  /** Unset: the one that comes with the models. */
  CANDOR_CALIBRATOR: z.string().min(1).optional(),
  CANDOR_TENANT: z.string().min(1).default('default'),

  CANDOR_EMBEDDER_MODEL: z.string().min(1).default('embedder'),
  CANDOR_RERANKER_MODEL: z.string().min(1).default('reranker'),
  CANDOR_POLICY_MODEL: z.string().min(1).default('policy'),
  CANDOR_REWARD_MODEL: z.string().min(1).default('reward'),
  CANDOR_INFERENCE_WORKERS: integer(2, 1, 64),
  CANDOR_INFERENCE_THREADS: integer(1, 1, 64),

  CANDOR_RETRIEVAL_LIMIT: integer(100, 1, 1_000),
  CANDOR_RRF_K: integer(60, 1, 1_000),
  /** Unset: reciprocal rank fusion with the k above. */
  CANDOR_FUSION_FILE: z.string().min(1).optional(),
  /** 0: never. */
  CANDOR_HEDGE_AFTER_MS: integer(0, 0, 60_000),
  /** What is read out of a query; `none` for nothing. */
  CANDOR_QUERY_STEPS: z
    .string()
    .default('operators,language,intent,spelling,dates')
    .transform((text) => text.split(',').map((step) => step.trim()))
    .transform((steps) => (steps.length === 1 && steps[0] === 'none' ? [] : steps))
    .pipe(z.array(z.enum(['operators', 'language', 'intent', 'spelling', 'dates']))),
  /** Near-copies of better hits. */
  CANDOR_NEAR_DUPLICATES: z.enum(['hide', 'show']).default('hide'),
  CANDOR_DIVERSITY: probability.default(0),
  CANDOR_RERANK_DEPTH: integer(6, 0, 200),
  CANDOR_RERANK_TIMEOUT_MS: integer(500, 10, 60_000),
  CANDOR_HITS_TIMEOUT_MS: integer(2_000, 10, 60_000),

  CANDOR_GENERATOR: z.enum(['onnx', 'extractive', 'openai-compatible', 'off']).default('onnx'),
  CANDOR_ANSWER_PASSAGES: integer(3, 1, 16),
  /** Of a passage that is read beyond the second, as the reranker's probability. */
  CANDOR_ANSWER_MIN_RELEVANCE: probability.default(0.1),
  CANDOR_ANSWER_CANDIDATES: integer(4, 1, 16),
  CANDOR_ANSWER_DEADLINE_MS: integer(3_000, 50, 120_000),
  /** Unset: the threshold that comes with the calibrator. */
  CANDOR_MIN_CONFIDENCE: probability.optional(),
  CANDOR_WRONG_ANSWER_COST: z.coerce.number().min(0).max(100).default(1),
  CANDOR_ANSWER_LAYOUT: z.enum(['inline', 'side-panel']).default('inline'),
  /** Of documents whose metadata does not say. */
  CANDOR_PERSONAL_DATA: z.enum(['show', 'withhold']).default('withhold'),
  CANDOR_DRIFT_MONITOR: flag(true),
  /** Unset: what was seen is forgotten with the process. */
  CANDOR_DRIFT_FILE: z.string().min(1).optional(),
  /** Unset: no trace is kept. */
  CANDOR_TRACES_DIR: z.string().min(1).optional(),
  CANDOR_TRACES_LIMIT: integer(1_000, 1, 1_000_000),
  CANDOR_SEED: integer(1, 0, 2_147_483_647),

  CANDOR_QUERY_GUARD: namesOf(['rules', 'trained', 'off']).default(['rules', 'trained']),
  CANDOR_PASSAGE_GUARD: z.enum(['trained', 'rules', 'off']).default('trained'),
  CANDOR_ANSWER_GUARD: z.enum(['trained', 'off']).default('trained'),
  CANDOR_ENTAILMENT: z.enum(['trained', 'coverage', 'off']).default('trained'),
  /** Topics whose queries get hits only. */
  CANDOR_HITS_ONLY_TOPICS: namesOf(['medical', 'legal', 'financial']).default([]),
  CANDOR_QUERY_GUARD_MODEL: z.string().min(1).default('guards/query'),
  /** Unset: the embedder of the index, whose vector of the query is there anyway. */
  CANDOR_QUERY_GUARD_EMBEDDER_MODEL: z.string().min(1).optional(),
  CANDOR_PASSAGE_GUARD_MODEL: z.string().min(1).default('guards/passage'),
  CANDOR_ANSWER_GUARD_MODEL: z.string().min(1).default('guards/answer'),
  CANDOR_ENTAILMENT_MODEL: z.string().min(1).default('guards/entailment'),
  /** Least probability that the quote supports a shown answer; 0 = not asked. */
  CANDOR_MIN_SUPPORT: probability.default(0.02),
  /** Log of the administrator's rules; what it adds up to is in force. */
  CANDOR_OVERRIDES: z.string().min(1).default('.candor/overrides.jsonl'),

  /** Unset: the clusters when one is named, else the folder. */
  CANDOR_STORE: z.enum(['embedded', 'clusters']).optional(),
  ELASTICSEARCH_URL: z.url().optional(),
  ELASTICSEARCH_CLOUD_ID: z.string().min(1).optional(),
  ELASTICSEARCH_API_KEY: z.string().min(1).optional(),
  ELASTICSEARCH_USERNAME: z.string().min(1).optional(),
  ELASTICSEARCH_PASSWORD: z.string().min(1).optional(),
  ELASTICSEARCH_CA_FILE: z.string().min(1).optional(),
  ELASTICSEARCH_SHARDS: integer(1, 1, 1_024),
  /** For the index that a `.source.yaml` file names. */
  CANDOR_SOURCE_API_KEY: z.string().min(1).optional(),
  CANDOR_SOURCE_USERNAME: z.string().min(1).optional(),
  CANDOR_SOURCE_PASSWORD: z.string().min(1).optional(),
  CANDOR_SOURCE_CA_FILE: z.string().min(1).optional(),
  QDRANT_URL: z.url().optional(),
  QDRANT_API_KEY: z.string().min(1).optional(),
  QDRANT_QUANTIZED: flag(false),
  QDRANT_EXACT: flag(false),
  /** Alias of the index in both clusters. */
  CANDOR_CLUSTER_ALIAS: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,199}$/, 'expected small letters, digits, - and _')
    .default('candor'),
  OPENAI_COMPATIBLE_URL: z.url().optional(),
  OPENAI_COMPATIBLE_API_KEY: z.string().min(1).optional(),
});

/** Settings of a process. Drivers never see this: `create-pipeline.ts` hands each its plain options. */
export type Config = ReturnType<typeof toConfig>;

function toConfig(env: z.infer<typeof environment>) {
  const usesClusters = env.CANDOR_STORE !== 'embedded';
  return {
    server: {
      host: env.CANDOR_HOST,
      port: env.CANDOR_PORT,
      logLevel: env.CANDOR_LOG_LEVEL,
      apiKeys: env.CANDOR_API_KEYS,
      corsOrigins: env.CANDOR_CORS_ORIGINS,
      trustProxy: env.CANDOR_TRUST_PROXY,
      bodyLimitBytes: env.CANDOR_BODY_LIMIT_BYTES,
      queryMaxCharacters: env.CANDOR_QUERY_MAX_CHARACTERS,
      /** Per credential or address; 0 turns the limit off. */
      rateLimitPerMinute: env.CANDOR_RATE_LIMIT_PER_MINUTE,
      /** Requests under /v1 that are worked on at once; one more is refused with `overloaded`. */
      maxInFlight: env.CANDOR_MAX_IN_FLIGHT,
      /** How long a closing process waits for requests in flight. */
      closeTimeoutMs: env.CANDOR_CLOSE_TIMEOUT_MS,
    },
    indexDir: env.CANDOR_INDEX_DIR,
    modelsDir: env.CANDOR_MODELS_DIR,
    promptsDir: env.CANDOR_PROMPTS_DIR,
    calibrator: env.CANDOR_CALIBRATOR ?? join(env.CANDOR_MODELS_DIR, 'confidence', 'calibrator.json'),
    /** Tenant of the command line and of callers without a credential. */
    tenant: env.CANDOR_TENANT,
    /** Names of folders under `modelsDir`. */
    models: {
      embedder: env.CANDOR_EMBEDDER_MODEL,
      reranker: env.CANDOR_RERANKER_MODEL,
      policy: env.CANDOR_POLICY_MODEL,
      reward: env.CANDOR_REWARD_MODEL,
    },
    inference: { workers: env.CANDOR_INFERENCE_WORKERS, threadsPerWorker: env.CANDOR_INFERENCE_THREADS },
    retrieval: {
      limit: env.CANDOR_RETRIEVAL_LIMIT,
      rrfK: env.CANDOR_RRF_K,
      /** How lexical and dense hits are weighed, as `candor tune` writes it. */
      fusionFile: env.CANDOR_FUSION_FILE,
      /** A cluster that has not answered by then is asked a second time; 0 = never. */
      hedgeAfterMs: env.CANDOR_HEDGE_AFTER_MS,
      querySteps: env.CANDOR_QUERY_STEPS,
      nearDuplicates: env.CANDOR_NEAR_DUPLICATES,
      diversity: env.CANDOR_DIVERSITY,
      rerankDepth: env.CANDOR_RERANK_DEPTH,
      /** A reranker that is later leaves the fused order in place. */
      rerankTimeoutMs: env.CANDOR_RERANK_TIMEOUT_MS,
      hitsTimeoutMs: env.CANDOR_HITS_TIMEOUT_MS,
    },
    answer: {
      generator: env.CANDOR_GENERATOR,
      passages: env.CANDOR_ANSWER_PASSAGES,
      minRelevance: env.CANDOR_ANSWER_MIN_RELEVANCE,
      candidates: env.CANDOR_ANSWER_CANDIDATES,
      deadlineMs: env.CANDOR_ANSWER_DEADLINE_MS,
      minConfidence: env.CANDOR_MIN_CONFIDENCE,
      /** What a wrong answer spoils, in units of a good hit; decides how far up an answer stands. */
      wrongAnswerCost: env.CANDOR_WRONG_ANSWER_COST,
      layout: env.CANDOR_ANSWER_LAYOUT,
      personalData: env.CANDOR_PERSONAL_DATA,
      seed: env.CANDOR_SEED,
    },
    /** Watches whether the promise about shown answers holds. */
    drift: { enabled: env.CANDOR_DRIFT_MONITOR, file: env.CANDOR_DRIFT_FILE },
    /** Traces of the latest searches, for `candor replay`. */
    traces: { dir: env.CANDOR_TRACES_DIR, limit: env.CANDOR_TRACES_LIMIT },
    safety: {
      queryGuard: env.CANDOR_QUERY_GUARD,
      passageGuard: env.CANDOR_PASSAGE_GUARD,
      answerGuard: env.CANDOR_ANSWER_GUARD,
      entailment: env.CANDOR_ENTAILMENT,
      minSupport: env.CANDOR_MIN_SUPPORT,
      hitsOnlyTopics: env.CANDOR_HITS_ONLY_TOPICS,
      /** Names of folders under `modelsDir`. */
      models: {
        query: env.CANDOR_QUERY_GUARD_MODEL,
        queryEmbedder: env.CANDOR_QUERY_GUARD_EMBEDDER_MODEL,
        passage: env.CANDOR_PASSAGE_GUARD_MODEL,
        answer: env.CANDOR_ANSWER_GUARD_MODEL,
        entailment: env.CANDOR_ENTAILMENT_MODEL,
      },
      overrides: env.CANDOR_OVERRIDES,
    },
    elasticsearch: {
      url: usesClusters ? env.ELASTICSEARCH_URL : undefined,
      cloudId: usesClusters ? env.ELASTICSEARCH_CLOUD_ID : undefined,
      apiKey: env.ELASTICSEARCH_API_KEY,
      username: env.ELASTICSEARCH_USERNAME,
      password: env.ELASTICSEARCH_PASSWORD,
      caFile: env.ELASTICSEARCH_CA_FILE,
      /** Of a new version of the index. */
      shards: env.ELASTICSEARCH_SHARDS,
    },
    qdrant: {
      url: usesClusters ? env.QDRANT_URL : undefined,
      apiKey: env.QDRANT_API_KEY,
      quantized: env.QDRANT_QUANTIZED,
      /** Compares all vectors, for evaluation. */
      exact: env.QDRANT_EXACT,
    },
    /** Credentials for an index that is read as a source. */
    source: {
      apiKey: env.CANDOR_SOURCE_API_KEY,
      username: env.CANDOR_SOURCE_USERNAME,
      password: env.CANDOR_SOURCE_PASSWORD,
      caFile: env.CANDOR_SOURCE_CA_FILE,
    },
    clusterAlias: env.CANDOR_CLUSTER_ALIAS,
    openaiCompatible: { url: env.OPENAI_COMPATIBLE_URL, apiKey: env.OPENAI_COMPATIBLE_API_KEY },
  };
}

/** Credentials stay out of messages and logs. */
const isSecret = (name: string) => /_(KEYS?|PASSWORD|URL)$/.test(name);

/**
 * Reads the settings from the environment; an empty variable counts as unset.
 *
 * @throws ServiceError `invalid-config`, naming each wrong variable, what was expected and what was received.
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = environment.safeParse(given);
  if (parsed.success) {
    const { CANDOR_STORE, ELASTICSEARCH_URL, ELASTICSEARCH_CLOUD_ID, QDRANT_URL } = parsed.data;
    if (CANDOR_STORE === 'clusters' && !ELASTICSEARCH_URL && !ELASTICSEARCH_CLOUD_ID && !QDRANT_URL) {
      const message = 'CANDOR_STORE: expected an address for clusters: set ELASTICSEARCH_URL, QDRANT_URL or both.';
      throw new ServiceError('invalid-config', { message });
    }
    return toConfig(parsed.data);
  }
  const lines = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    const received = isSecret(name) ? 'a value that is not shown' : JSON.stringify(given[name]);
    return `${name}: ${issue.message} (received ${received})`;
  });
  throw new ServiceError('invalid-config', { message: lines.join('\n') });
}

/** Where the passages are, for people; without credentials. */
export function indexPlace({ indexDir, elasticsearch, qdrant, clusterAlias }: Config): string {
  const stores = [
    elasticsearch.url && `Elasticsearch at ${new URL(elasticsearch.url).host}`,
    !elasticsearch.url && elasticsearch.cloudId && `Elasticsearch ${elasticsearch.cloudId.split(':')[0]}`,
    qdrant.url && `Qdrant at ${new URL(qdrant.url).host}`,
  ].filter(Boolean);
  return stores.length > 0 ? `${clusterAlias} in ${stores.join(' and ')}` : indexDir;
}
