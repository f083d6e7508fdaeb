import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCalibrator, parseCalibrator, sealCalibrator } from '../../src/reward/calibrator.js';
import { calibratorContent } from './calibrators.js';

const calibrator = sealCalibrator(calibratorContent());
const versions = { policy: 'policy@1', reward: 'reward@1', prompt: '2026-11-a', reranker: 'reranker@1' };

describe('parseCalibrator', () => {
  it('reads what was sealed, however it is laid out', () => {
    expect(parseCalibrator(JSON.stringify(calibrator, null, 2), 'c.json')).toEqual(calibrator);
  });

  it('reads the file that comes with the models', async () => {
    const path = 'models/confidence/calibrator.json';
    const text = await readFile(path, 'utf8');
    expect(parseCalibrator(text, path).version).toBe(JSON.parse(text).version);
  });

  it.each([
    ['no JSON', '{', 'expected JSON'],
    ['no calibrator', '{}', 'expected a calibrator'],
    ['a threshold changed by hand', JSON.stringify({ ...calibrator, minConfidence: 0.1 }), 'expected version'],
    ['an unknown field', JSON.stringify({ ...calibrator, threshold: 0.1 }), 'expected a calibrator'],
    [
      'a falling map',
      JSON.stringify({ ...calibrator, isotonic: { scores: [0.2, 0.4], values: [0.5, 0.1] } }),
      'expected ascending values',
    ],
    ['a knot without value', JSON.stringify({ ...calibrator, isotonic: { scores: [0.2], values: [] } }), 'as many'],
  ])('%s: says which file and what to run', (_, text, message) => {
    expect(() => parseCalibrator(text, 'c.json')).toThrow(
      expect.objectContaining({
        code: 'model-corrupt',
        message: expect.stringMatching(new RegExp(`c.json.*${message}.*candor calibrate`, 's')),
      }),
    );
  });
});

describe('loadCalibrator', () => {
  let dir: string;
  let path: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'candor-calibrator-'));
    path = join(dir, 'calibrator.json');
    await writeFile(path, JSON.stringify(calibrator));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('serves the models it was fitted for', async () => {
    expect(await loadCalibrator(path, versions)).toEqual(calibrator);
    expect(await loadCalibrator(path, { ...versions, reranker: null })).toEqual(calibrator);
  });

  it.each([
    ['policy', { ...versions, policy: 'policy@2' }],
    ['reward', { ...versions, reward: 'other@1' }],
    ['prompt', { ...versions, prompt: '2027-01-a' }],
    ['reranker', { ...versions, reranker: 'reranker@2' }],
  ])('refuses another %s', async (part, other) => {
    await expect(loadCalibrator(path, other)).rejects.toMatchObject({
      code: 'calibrator-mismatch',
      message: expect.stringMatching(new RegExp(`fitted for ${part} \\S+ \\(loaded: \\S+\\)`)),
    });
  });

  it('says that there is no file', async () => {
    await expect(loadCalibrator(join(dir, 'none.json'), versions)).rejects.toMatchObject({ code: 'model-missing' });
  });
});
