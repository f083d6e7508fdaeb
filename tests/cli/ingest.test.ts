import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { describeReport, exitCodeOf } from '../../src/cli/ingest.js';
import { describe as describeProgress, startIngestBar } from '../../src/cli/ingest-bar.js';
import { ingestCorpus } from '../../src/cli/ingest-corpus.js';
import { loadConfig } from '../../src/config.js';
import type { RejectedRecord } from '../../src/retrieval/loaders/loader.js';
import { candor } from './run.js';

const root = await mkdtemp(join(tmpdir(), 'candor-ingest-cli-'));
afterAll(() => rm(root, { recursive: true, force: true }));

describe('candor ingest', { timeout: 120_000 }, () => {
  const index = join(root, 'index');
  const run = (...args: string[]) => candor([...args, '--index', index]).finished;

  test('good and bad records; again; delete; nothing', async () => {
    const corpus = join(root, 'corpus.jsonl');
    const rejects = join(root, 'rejects.jsonl');
    await writeFile(corpus, '{"id":"a","text":"The piano has keys."}\n{"id":"b"}\n{"id":"c","text":"A violin."}');

    const first = await run('ingest', corpus, '--rejects', rejects);
    expect(first.stderr).toContain('2 documents (2 passages) stored, 0 unchanged, 1 rejected');
    expect(first.stderr).toContain(`${corpus}:2: text: expected string, received undefined`);
    expect(first.code).toBe(3);
    expect(JSON.parse(await readFile(rejects, 'utf8'))).toMatchObject({ file: corpus, line: 2 });

    await writeFile(corpus, '{"id":"a","text":"The piano has keys."}');
    const second = await run('ingest', corpus);
    expect(second.stderr).toContain('0 documents (0 passages) stored, 1 unchanged, 0 rejected');
    expect(second.code).toBe(0);

    const deleted = await run('delete', 'a', 'unknown');
    expect(deleted.stderr).toContain('1 of 2 documents deleted');

    const nothing = await run('ingest', join(root, 'nowhere.md'));
    expect(nothing.stderr).toContain('nowhere.md: there is no such file');
    expect(nothing.code).toBe(1);
  });

  test('the documents of another index, with their headings and tenants', async () => {
    const guide = join(root, 'guide.md');
    const words = Array.from({ length: 60 }, (_, place) => `Word ${place} of it.`).join(' ');
    await writeFile(guide, `# Pianos\n\nThey have keys.\n\n## Tuning\n\n${words}\n`);
    const ingest = (dir: string, paths: string[], fromIndex?: string) =>
      ingestCorpus(
        loadConfig({ CANDOR_INDEX_DIR: join(root, dir), CANDOR_TENANT: fromIndex ? 'default' : 'acme' }),
        paths,
        AbortSignal.timeout(100_000),
        {
          fromIndex,
          // What comes from an index is cut as it was there.
          ...(!fromIndex && { chunking: { targetWords: 40, maxWords: 80, overlapWords: 10 } }),
          output: { write: () => true },
        },
      );
    await ingest('from', [guide]);
    expect(await ingest('to', [], join(root, 'from'))).toMatchObject({ stored: 1, rejected: [] });
    // The file again: with its headings lost, or cut otherwise, it would be another document.
    expect(await ingest('to', [guide])).toMatchObject({ stored: 0, unchanged: 1 });

    await expect(ingest('to', [])).rejects.toMatchObject({ code: 'invalid-request' });
    await expect(ingest('to', [], join(root, 'nowhere'))).rejects.toMatchObject({ code: 'index-missing' });
  });

  test('a wrong option is a usage error', async () => {
    const { code, stderr } = await run('ingest', root, '--passage-words', '5');
    expect(stderr).toContain('Expected a whole number from 20 to 160.');
    expect(code).toBe(2);
  });
});

const counts = { stored: 0, unchanged: 0, passages: 0 };
const rejected = (count: number): RejectedRecord[] =>
  Array.from({ length: count }, (_, line) => ({ type: 'rejected', file: 'f', line: line + 1, reason: 'bad' }));

test('exit codes', () => {
  expect(exitCodeOf({ ...counts, stored: 1, rejected: [] })).toBe(0);
  expect(exitCodeOf({ ...counts, unchanged: 1, rejected: rejected(1) })).toBe(3);
  expect(exitCodeOf({ ...counts, rejected: rejected(1) })).toBe(1);
  expect(exitCodeOf({ ...counts, rejected: [] })).toBe(1);
});

test('the report lists what was rejected, and says where the rest is', () => {
  expect(describeReport({ ...counts, rejected: [] }, 'dir', 1_000)).toContain('There was nothing to ingest.');
  const report = describeReport({ ...counts, rejected: rejected(103) }, 'dir', 1_000);
  expect(report).toContain('\n  f:100: bad\n  … and 3 more; --rejects FILE writes them all');
});

describe('progress', () => {
  const progress = { stored: 2, unchanged: 0, passages: 50, rejected: 0, position: 25 };

  test('rate and time left', () => {
    expect(describeProgress(progress, 100, 10_000)).toBe('50 passages, 5 passages/s, 30 s left');
    expect(describeProgress({ ...progress, position: 0, unchanged: 3 }, 100, 0)).toMatch(/3 documents unchanged$/);
  });

  test('no terminal: nothing for a short run', () => {
    const written: string[] = [];
    const bar = startIngestBar(100, { write: (text) => written.push(text) });
    bar.update(progress);
    bar.stop();
    expect(written).toEqual([]);
  });
});
