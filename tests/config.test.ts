import { mkdtempSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config.js';

const messageOf = (env: NodeJS.ProcessEnv) => {
  try {
    loadConfig(env);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe('loadConfig', () => {
  it('has a default for everything', () => {
    const config = loadConfig({});
    expect(config.server).toMatchObject({ host: '127.0.0.1', port: 8080, bodyLimitBytes: 1_048_576 });
    expect(config.retrieval.rrfK).toBe(60);
    expect(config.answer.minConfidence).toBeUndefined();
  });

  it('finds its models and prompts wherever it is started', () => {
    const root = process.cwd();
    const elsewhere = mkdtempSync(join(tmpdir(), 'candor-elsewhere-'));
    try {
      process.chdir(elsewhere);
      const { modelsDir, promptsDir } = loadConfig({});
      expect([modelsDir, promptsDir]).toEqual([join(root, 'models'), join(root, 'prompts')]);
    } finally {
      process.chdir(root);
      rmdirSync(elsewhere);
    }
    expect(loadConfig({}).modelsDir).toBe('models');
  });

  it('takes an empty variable as unset', () => {
    expect(loadConfig({ CANDOR_PORT: '' }).server.port).toBe(8080);
  });

  it('reads numbers, flags, lists and credentials', () => {
    const config = loadConfig({
      CANDOR_PORT: '9000',
      CANDOR_TRUST_PROXY: 'true',
      CANDOR_CORS_ORIGINS: 'https://a.example, https://b.example',
      CANDOR_API_KEYS: '[{"key":"0123456789abcdef","groups":["staff"]}]',
    });
    expect(config.server).toMatchObject({
      port: 9000,
      trustProxy: true,
      corsOrigins: ['https://a.example', 'https://b.example'],
      apiKeys: [{ tenant: 'default', groups: ['staff'], scopes: ['search'] }],
    });
  });

  it('names every wrong variable, what was expected and what was received', () => {
    const message = messageOf({ CANDOR_PORT: '70000', CANDOR_GENERATOR: 'magic' });
    expect(message).toMatch(/CANDOR_PORT: .*65535.*received "70000"/);
    expect(message).toMatch(/CANDOR_GENERATOR: .*"onnx".*received "magic"/);
  });

  it('shows no credential', () => {
    const message = messageOf({ CANDOR_API_KEYS: '[{"key":"short-secret"}]' });
    expect(message).toContain('CANDOR_API_KEYS');
    expect(message).not.toContain('short-secret');
  });

  it('takes the clusters when they are named, unless CANDOR_STORE says otherwise', () => {
    const addresses = { ELASTICSEARCH_URL: 'http://a:9200', QDRANT_URL: 'http://b:6333' };
    const urls = (env: NodeJS.ProcessEnv) => {
      const { elasticsearch, qdrant } = loadConfig(env);
      return [elasticsearch.url, qdrant.url];
    };
    expect(urls(addresses)).toEqual(['http://a:9200', 'http://b:6333']);
    expect(urls({ ...addresses, CANDOR_STORE: 'clusters' })).toEqual(['http://a:9200', 'http://b:6333']);
    expect(urls({ ...addresses, CANDOR_STORE: 'embedded' })).toEqual([undefined, undefined]);
    expect(messageOf({ CANDOR_STORE: 'clusters' })).toMatch(/CANDOR_STORE: .*ELASTICSEARCH_URL, QDRANT_URL/);
  });

  it('is described in .env.example, variable by variable', () => {
    const source = readFileSync(new URL('../src/config.ts', import.meta.url), 'utf8');
    const example = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
    const names = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name);
    expect(names(example, /^# ?([A-Z_]+)=/gm)).toEqual(names(source, /^ {2}([A-Z_]+):/gm));
  });
});
