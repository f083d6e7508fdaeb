import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openModel, verifyModel } from '../../src/onnx/manifest.js';

const fixture = fileURLToPath(new URL('../fixtures/tiny-model', import.meta.url));

describe('the manifest of a model', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'candor-model-'));
    await cp(fixture, dir, { recursive: true });
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('names model and files', async () => {
    const model = await verifyModel(dir);
    expect(model.modelId).toBe('tiny@1');
    expect(model.path('model.onnx')).toBe(join(dir, 'model.onnx'));
    expect(() => model.path('other.onnx')).toThrow(/expected an entry for other.onnx/);
  });

  it.each([
    ['no manifest', 'manifest.json', 'model-missing', (path: string) => rm(path)],
    ['no JSON', 'manifest.json', 'model-corrupt', (path: string) => writeFile(path, 'x')],
    ['no name', 'manifest.json', 'model-corrupt', (path: string) => writeFile(path, '{"files":{}}')],
    ['no file', 'model.onnx', 'model-missing', (path: string) => rm(path)],
    ['a longer file', 'model.onnx', 'model-corrupt', (path: string) => appendFile(path, 'x')],
  ])('%s: says which file and what to run', async (_, file, code, damage) => {
    await damage(join(dir, file));
    await expect(openModel(dir)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(new RegExp(`${file}: expected .*candor models verify`, 's')),
    });
  });

  it('finds a changed byte only when it reads every byte', async () => {
    const path = join(dir, 'model.onnx');
    const bytes = await readFile(path);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(path, bytes);
    await openModel(dir);
    await expect(verifyModel(dir)).rejects.toMatchObject({ code: 'model-corrupt' });
  });
});
