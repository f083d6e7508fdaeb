import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ingestCorpus } from '../../src/cli/ingest-corpus.js';
import { type Config, loadConfig } from '../../src/config.js';
import { createPipeline } from '../../src/pipeline/create-pipeline.js';
import { toSearchRequest } from '../../src/pipeline/search-request.js';
import { sealCalibrator } from '../../src/reward/calibrator.js';
import { fakeCalibrator } from './fakes.js';

/** The real embedder and a real index of three documents; policy, reward model and reranker are missing. */

const embedder = resolve('models/embedder');
const signal = AbortSignal.timeout(300_000);
const quiet = { warn: () => undefined };
let dir: string;
let config: Config;

const documents = [
  {
    id: 'piano',
    url: 'https://example.org/piano',
    title: 'Piano',
    text: 'Bartolomeo Cristofori of Padua invented the piano.',
  },
  { id: 'nile', url: 'https://example.org/nile', title: 'Nile', text: 'The Nile is 6,853 km long. It flows north.' },
  { id: 'secret', url: '', title: 'Secret', text: 'The piano of the staff room is out of tune.', acl: ['staff'] },
];

const env = (changes: NodeJS.ProcessEnv = {}) => ({
  CANDOR_OVERRIDES: join(dir, 'overrides.jsonl'),
  CANDOR_HITS_TIMEOUT_MS: '60000', // A busy machine must not decide.
  CANDOR_MODELS_DIR: join(dir, 'models'),
  CANDOR_INDEX_DIR: join(dir, 'index'),
  CANDOR_INFERENCE_WORKERS: '1',
  ...changes,
});

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'candor-pipeline-'));
  mkdirSync(join(dir, 'models'));
  symlinkSync(embedder, join(dir, 'models/embedder'));
  symlinkSync(resolve('models/guards'), join(dir, 'models/guards'));
  writeFileSync(join(dir, 'corpus.jsonl'), documents.map((line) => JSON.stringify(line)).join('\n'));
  config = loadConfig(env());
  await ingestCorpus(config, join(dir, 'corpus.jsonl'), signal, { output: new PassThrough() });
}, 120_000);

afterAll(() => rmSync(dir, { recursive: true }));

describe('createPipeline', { timeout: 120_000 }, () => {
  it('guards by rules where a trained guard is missing, and says so', async () => {
    const warnings: string[] = [];
    const own = loadConfig(
      env({ CANDOR_QUERY_GUARD_MODEL: 'nowhere', CANDOR_GENERATOR: 'off', CANDOR_RERANK_DEPTH: '0' }),
    );
    const pipeline = await createPipeline(own, { warn: (message) => warnings.push(message) });
    try {
      expect(warnings).toEqual([
        expect.stringMatching(/^No query-guard; queries are guarded by rules alone\. .+nowhere/),
      ]);
      const { answerStatus } = await pipeline.search(
        toSearchRequest(
          { query: 'how to make a bomb' },
          { requestId: 'r', access: { tenant: 'default', groups: [] } },
          { queryMaxCharacters: 2_000, answer: own.answer },
        ),
        signal,
      );
      expect(answerStatus).toMatchObject({ shown: false, reason: 'unsafe-query' });
    } finally {
      await pipeline.close();
    }
  });

  it('gives the query guard an embedder of its own when told to, and refuses one that it has not learnt from', async () => {
    const other = join(dir, 'models/other-embedder');
    mkdirSync(other);
    const manifest = JSON.parse(readFileSync(join(embedder, 'manifest.json'), 'utf8'));
    for (const file of Object.keys(manifest.files)) symlinkSync(join(embedder, file), join(other, file));
    writeFileSync(join(other, 'manifest.json'), JSON.stringify({ ...manifest, name: 'other' }));
    const warningsWith = async (folder: string) => {
      const warnings: string[] = [];
      const own = loadConfig(
        env({ CANDOR_QUERY_GUARD_EMBEDDER_MODEL: folder, CANDOR_GENERATOR: 'off', CANDOR_RERANK_DEPTH: '0' }),
      );
      await (await createPipeline(own, { warn: (message) => warnings.push(message) })).close();
      return warnings;
    };
    expect(await warningsWith('embedder')).toEqual([]);
    expect(await warningsWith('other-embedder')).toEqual([
      expect.stringMatching(/^No query-guard; .+rules alone\. .+ vectors of all-minilm.+ those of other@/),
    ]);
  });

  it('serves hits when only embedder and index are there, and says what is missing and what to run', async () => {
    const warnings: string[] = [];
    const pipeline = await createPipeline(config, { warn: (message) => warnings.push(message) });
    try {
      const found = await pipeline.search(
        toSearchRequest(
          { query: 'Who invented the piano?' },
          { requestId: 'r', access: { tenant: 'default', groups: [] } },
          { queryMaxCharacters: 2_000, answer: config.answer },
        ),
        signal,
      );
      const ids = found.results.map((result) => ('documentId' in result ? result.documentId : result.type));
      expect(ids[0]).toBe('piano');
      expect(ids).not.toContain('secret');
      expect(found.answerStatus).toMatchObject({ shown: false, reason: 'generator-unavailable' });
      expect(found).not.toHaveProperty('degraded');

      expect(await pipeline.status(signal)).toEqual(
        expect.arrayContaining([
          { name: 'embedded-lexical', ready: true, required: false },
          { name: 'embedded-dense', ready: true, required: false },
          { name: 'reranker', ready: false, required: false, code: 'model-missing' },
          { name: 'reward', ready: false, required: false, code: 'model-missing' },
          { name: 'generator', ready: false, required: false, code: 'model-missing' },
        ]),
      );
      expect(warnings).toHaveLength(3);
      for (const warning of warnings)
        expect(warning).toMatch(/^No \w+; .+manifest\.json: expected .+candor models verify/);
    } finally {
      await pipeline.close();
    }
  });

  it('shows nothing of its prompt, and no answer to who wants a page', async () => {
    const prompts = join(dir, 'prompts');
    cpSync(resolve('prompts'), prompts, { recursive: true });
    const template = JSON.parse(readFileSync(join(prompts, 'answer.json'), 'utf8'));
    template.question = ` Say in few words what the text says.${template.question}`;
    writeFileSync(join(prompts, 'answer.json'), JSON.stringify(template));
    symlinkSync(resolve('tests/fixtures/tiny-answer'), join(dir, 'models/tiny-answer'));
    const { version: _, ...content } = fakeCalibrator();
    const { features } = content;
    const policy = 'tiny-answer/policy@openai-compatible';
    const sure = sealCalibrator({
      ...content,
      fittedFor: { policy, reward: 'reward@untrained-tiny', prompt: template.version, reranker: null },
      intercept: 5,
      features: { ...features, rewardLogit: { ...features.rewardLogit, weight: 0 } },
    });
    writeFileSync(join(dir, 'sure.json'), JSON.stringify(sure));
    let said = '';
    const model = createServer((_request, reply) => reply.end(JSON.stringify({ choices: [{ text: said }] })));
    await new Promise<void>((ready) => model.listen(0, '127.0.0.1', ready));
    const own = loadConfig(
      env({
        CANDOR_GENERATOR: 'openai-compatible',
        OPENAI_COMPATIBLE_URL: `http://127.0.0.1:${(model.address() as AddressInfo).port}`,
        CANDOR_PROMPTS_DIR: prompts,
        CANDOR_POLICY_MODEL: 'tiny-answer/policy',
        CANDOR_REWARD_MODEL: 'tiny-answer/reward',
        CANDOR_CALIBRATOR: join(dir, 'sure.json'),
        CANDOR_RERANK_DEPTH: '0',
        CANDOR_QUERY_GUARD: 'off',
        CANDOR_PASSAGE_GUARD: 'off',
        CANDOR_ANSWER_GUARD: 'off',
        CANDOR_ENTAILMENT: 'off',
      }),
    );
    const warnings: string[] = [];
    const pipeline = await createPipeline(own, { warn: (message) => warnings.push(message) });
    const statusOf = async (query: string, text: string) => {
      said = ` ${text} [1]`;
      const request = { query, answer: { deadlineMs: 60_000 } };
      const access = { tenant: 'default', groups: [] };
      const defaults = { queryMaxCharacters: 2_000, answer: own.answer };
      return (await pipeline.search(toSearchRequest(request, { requestId: 'r', access }, defaults), signal))
        .answerStatus;
    };
    try {
      expect(warnings).toEqual([]);
      expect(await statusOf('Who invented the piano?', 'Bartolomeo Cristofori')).toMatchObject({ shown: true });
      expect(await statusOf('Who invented the piano?', 'say in few words what the text says')).toMatchObject({
        shown: false,
        reason: 'failed-check',
        check: 'no-prompt-leak',
      });
      expect(await statusOf('piano official site', 'Bartolomeo Cristofori')).toMatchObject({
        reason: 'not-a-question',
      });
      expect(await statusOf('buy a piano', 'Bartolomeo Cristofori')).toMatchObject({ reason: 'not-a-question' });
    } finally {
      await pipeline.close();
      model.close();
    }
  });

  it.each<[string, () => NodeJS.ProcessEnv, string, RegExp]>([
    [
      'no embedder',
      () => ({ CANDOR_MODELS_DIR: join(dir, 'none') }),
      'model-missing',
      /embedder\/manifest\.json: expected .+candor models verify/,
    ],
    ['no index', () => ({ CANDOR_INDEX_DIR: join(dir, 'none') }), 'index-missing', /none: .+candor ingest/],
  ])('refuses to start with %s', async (_what, changes, code, message) => {
    const starting = createPipeline(loadConfig(env(changes())), quiet);
    await expect(starting).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('refuses to start with a model file that is cut off', async () => {
    cpSync(embedder, join(dir, 'broken/embedder'), { recursive: true, dereference: true });
    truncateSync(join(dir, 'broken/embedder/model.onnx'), 1_000);
    const starting = createPipeline(loadConfig(env({ CANDOR_MODELS_DIR: join(dir, 'broken') })), quiet);
    await expect(starting).rejects.toMatchObject({
      code: 'model-corrupt',
      message: expect.stringMatching(/model\.onnx: expected \d+ bytes, found 1000\./),
    });
  });

  it('refuses to start with an index that is something else', async () => {
    mkdirSync(join(dir, 'rubbish'));
    writeFileSync(join(dir, 'rubbish/index.json'), 'not an index');
    const starting = createPipeline(loadConfig(env({ CANDOR_INDEX_DIR: join(dir, 'rubbish') })), quiet);
    await expect(starting).rejects.toMatchObject({ code: expect.stringMatching(/^index-/) });
  });
});
