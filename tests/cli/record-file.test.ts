import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRecordFile } from '../../src/cli/record-file.js';
import { record } from '../evaluation/records.js';

describe('openRecordFile', () => {
  let dir: string;
  let path: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'candor-records-'));
    path = join(dir, 'records.jsonl');
    const file = await openRecordFile(path, false);
    await file.add(record({ id: 'a' }));
    await file.add(record({ id: 'b' }));
    await file.close();
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('goes on where a killed run stopped, in the middle of a line', async () => {
    await appendFile(path, '{"id":"c","ques');
    const file = await openRecordFile(path, true);
    expect(file.earlier).toEqual([record({ id: 'a' }), record({ id: 'b' })]);
    await file.add(record({ id: 'c' }));
    await file.close();
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).id)).toEqual(['a', 'b', 'c']);
  });

  it('starts a file that is not there yet, resuming or not', async () => {
    const file = await openRecordFile(join(dir, 'new.jsonl'), true);
    expect(file.earlier).toEqual([]);
    await file.close();
  });

  it('overwrites nothing', async () => {
    await expect(openRecordFile(path, false)).rejects.toMatchObject({
      code: 'invalid-request',
      message: expect.stringMatching(/records.jsonl is there already. Add --resume/),
    });
  });

  it('names the line that is no record', async () => {
    await appendFile(path, '{"id":"c"}\n');
    await expect(openRecordFile(path, true)).rejects.toMatchObject({
      message: expect.stringMatching(/records.jsonl:3: .*question/s),
    });
  });

  it('keeps nothing without a file, and cannot resume from it', async () => {
    const file = await openRecordFile(undefined, false);
    await file.add(record());
    await file.close();
    await expect(openRecordFile(undefined, true)).rejects.toMatchObject({ code: 'invalid-request' });
  });
});
