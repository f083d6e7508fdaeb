import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.js';
import { dropClusterIndex } from '../../src/pipeline/create-pipeline.js';

/** The commands of docs/move-to-clusters.md, with a few documents of the samples. */

const { ELASTICSEARCH_URL, QDRANT_URL } = process.env;
const root = fileURLToPath(new URL('../..', import.meta.url));
const page = await readFile(join(root, 'docs/move-to-clusters.md'), 'utf8');
const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, commands = '']) => commands);
const env = {
  CANDOR_CLUSTER_ALIAS: `test-move-${process.pid}`,
  CANDOR_INFERENCE_WORKERS: '1',
  // Long enough for a machine that does other things, too.
  CANDOR_HITS_TIMEOUT_MS: '30000',
  CANDOR_RERANK_TIMEOUT_MS: '30000',
  CANDOR_ANSWER_DEADLINE_MS: '120000',
};
/** Characters of each document: as many as the answers need. */
const LENGTH = 3_200;

describe.skipIf(!ELASTICSEARCH_URL || !QDRANT_URL)(
  'docs/move-to-clusters.md (ELASTICSEARCH_URL and QDRANT_URL name servers)',
  () => {
    let dir: string;
    let outputs: { stdout: string; stderr: string }[];

    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), 'candor-move-'));
      const wanted = ['wikipedia-piano', 'wikipedia-nile'];
      const lines = gunzipSync(await readFile(join(root, 'samples/corpus.jsonl.gz')))
        .toString()
        .split('\n')
        .filter((line) => wanted.some((id) => line.startsWith(`{"id":"${id}"`)))
        .map((line) => JSON.parse(line) as { text: string })
        .map((record) => JSON.stringify({ ...record, text: record.text.slice(0, LENGTH) }));
      await writeFile(join(dir, 'corpus.jsonl'), lines.join('\n'));
      const loader = import.meta.resolve('tsx');
      const program = `'${process.execPath}' --import '${loader}' '${join(root, 'src/cli/main.ts')}'`;
      let script = `set -e\ncandor() { ${program} "$@"; }\n`;
      for (const [index, commands] of blocks.entries()) {
        script += `{\n${commands}\n} > ${index}.out 2> ${index}.err\n`;
      }
      const given = { ...process.env, ...env, CORPUS: 'corpus.jsonl', NO_COLOR: '1' };
      await promisify(execFile)('bash', ['-c', script], { cwd: dir, env: given });
      const read = (name: string) => readFile(join(dir, name), 'utf8');
      outputs = await Promise.all(
        blocks.map(async (_, index) => ({ stdout: await read(`${index}.out`), stderr: await read(`${index}.err`) })),
      );
    }, 900_000);
    afterAll(async () => {
      await dropClusterIndex(loadConfig({ ...process.env, ...env }), AbortSignal.timeout(60_000));
      await rm(dir, { recursive: true, force: true });
    });

    test('one variable changed, the same answer', async () => {
      const answerOf = async (name: string) => {
        const { results, answerStatus, degraded } = JSON.parse(await readFile(join(dir, name), 'utf8'));
        const answer = results.find(({ type }: { type: string }) => type === 'answer');
        const hits = results.filter(({ type }: { type: string }) => type === 'passage');
        return {
          text: answer?.text,
          citations: answer?.citations,
          first: hits[0]?.id,
          reason: answerStatus.reason,
          degraded,
        };
      };
      const before = await answerOf('before.json');
      expect(before).toMatchObject({ text: 'Bartolomeo Cristofori', reason: 'shown' });
      expect(await answerOf('after.json')).toEqual(before);
    });

    test('the commands say what the page says', () => {
      const [filled, verified, , later] = outputs;
      expect(filled?.stderr).toMatch(/\.candor\/index: 2 documents .* stored, 0 unchanged, 0 rejected/);
      expect(verified?.stderr).toMatch(/in Elasticsearch at .* and Qdrant at .*: 2 documents/);
      expect(verified?.stdout).toMatch(/2 documents compared, 0 differ/);
      expect(later?.stderr).toMatch(/version 2 holds 2 documents, the one before 2.*\n.*version 1 is served now/);
    });
  },
);
