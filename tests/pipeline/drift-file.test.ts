import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDriftFile } from '../../src/pipeline/drift-file.js';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'candor-drift-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('what is known of the promise after a restart', () => {
  const read = async (text: string | null) => {
    const path = join(dir, 'drift.json');
    if (text === null) rmSync(path, { force: true });
    else writeFileSync(path, text);
    const warnings: string[] = [];
    return { memory: await readDriftFile(path, (message) => warnings.push(message)), warnings };
  };

  it('is what was written', async () => {
    const memory = { calibrator: 'abc', confidences: [0.9], outcomes: [{ confidence: 0.9, right: false }] };
    expect(await read(JSON.stringify(memory))).toEqual({ memory, warnings: [] });
  });

  it('is nothing at the first start, without a word', async () => {
    expect(await read(null)).toEqual({ memory: undefined, warnings: [] });
  });

  it.each(['', '{"calibrator":"abc"', '{"calibrator":"abc","confidences":[2],"outcomes":[]}', '[]'])(
    'is forgotten aloud where the file is none: %s',
    async (text) => {
      const { memory, warnings } = await read(text);
      expect(memory).toBeUndefined();
      expect(warnings).toEqual([expect.stringMatching(/drift\.json: .+ is forgotten\. ./)]);
    },
  );
});
