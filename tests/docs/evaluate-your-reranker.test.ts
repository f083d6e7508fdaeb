import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = await readFile(join(root, 'docs/evaluate-your-reranker.md'), 'utf8');
const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, commands = '']) => commands);

describe('docs/evaluate-your-reranker.md', () => {
  let dir: string;
  let outputs: string[];

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'candor-tutorial-'));
    await symlink(join(root, 'examples'), join(dir, 'examples'));
    const loader = import.meta.resolve('tsx');
    const prefix = `set -e\ncandor() { '${process.execPath}' --import '${loader}' '${join(root, 'src/cli/main.ts')}' "$@"; }\n`;
    outputs = [];
    for (const commands of blocks) {
      const { stdout } = await promisify(execFile)('bash', ['-c', prefix + commands], {
        cwd: dir,
        env: { ...process.env, NO_COLOR: '1' },
        maxBuffer: 1 << 26,
      });
      outputs.push(stdout);
    }
  }, 300_000);
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('has commands that run, and prints what it shows', () => {
    expect(outputs).toHaveLength(4);
    const shown = page.split('\n').filter((line) => line.startsWith('    ') && !line.startsWith('    --'));
    expect(shown.length).toBeGreaterThan(5);
    for (const line of shown) expect(outputs[0]).toContain(line.slice(4).trimEnd());
  });

  it('writes the files it names', async () => {
    for (const name of ['report.html', 'figures.json', 'values.csv', 'fused.run.gz'])
      expect((await stat(join(dir, name))).size, name).toBeGreaterThan(500);
  });
});
