import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { attacks, harmlessQueries, labelledTurns, paragraphs } from '../../benchmarks/safety-sets.js';

const dir = mkdtempSync(join(tmpdir(), 'candor-safety-sets-'));
afterAll(() => rmSync(dir, { recursive: true }));

function write(path: string, text: string) {
  mkdirSync(join(dir, path, '..'), { recursive: true });
  writeFileSync(join(dir, path), path.endsWith('.gz') ? gzipSync(text) : text);
}
const key = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);

describe('sets of the safety evaluation', () => {
  it('are empty where the files are not there', () => {
    const nowhere = join(dir, 'nowhere');
    expect(paragraphs(nowhere)).toEqual([]);
    expect(attacks(nowhere)).toEqual([]);
    expect(labelledTurns(nowhere, join(nowhere, 'labels.tsv'))).toEqual([]);
    expect(Object.values(harmlessQueries(nowhere))).toEqual([[], [], [], []]);
  });

  it('hold turns that no guard has learnt from, each once, without the unclear ones', () => {
    const turns = ['How do I rob a bank?', 'Hello there', 'What now?', 'Learnt'];
    const chosen = [...turns, 'Hello  there'].map((text) => `\n\nHuman: ${text}\n\nAssistant: No.`);
    write(
      'hh-rlhf/harmless-base.test.jsonl.gz',
      chosen.map((each) => `${JSON.stringify({ chosen: each })}\n`).join(''),
    );
    const labels = ['crime evaluation', 'allowed evaluation', 'unclear evaluation', 'allowed train'];
    write('labels.tsv', turns.map((text, at) => `${key(text)}\t${labels[at]?.replace(' ', '\t')}\n`).join(''));
    expect(labelledTurns(dir, join(dir, 'labels.tsv'))).toEqual([
      { label: 'crime', text: 'How do I rob a bank?' },
      { label: 'allowed', text: 'Hello there' },
    ]);
  });

  it('hold queries without the question mark of their file, and passages with their answers', () => {
    write('query-wellformedness/test.tsv', 'who won ?\t0.8\nwhere\t0.2\n');
    const qas = [{ question: ' Who? ', answers: [{ text: 'She', answer_start: 0 }] }];
    write(
      'squad/dev-v2.0-a.json.gz',
      JSON.stringify({ data: [{ title: 'A_b', paragraphs: [{ context: 'She.', qas }] }] }),
    );
    expect(harmlessQueries(dir)).toMatchObject({ 'logged queries': ['who won', 'where'], 'SQuAD dev': ['Who?'] });
    expect(paragraphs(dir)).toEqual([
      {
        id: 'A_b-0',
        title: 'A b',
        context: 'She.',
        questions: [{ text: 'Who?', answers: [{ text: 'She', start: 0 }] }],
      },
    ]);
  });

  it('hold attacks by kind', () => {
    write('bipia/text_attack_train.json', '{"One": ["a", "b"]}');
    write('bipia/code_attack_train.json', '{"Two": ["c"]}');
    expect(attacks(dir)).toEqual([
      { kind: 'One', text: 'a' },
      { kind: 'One', text: 'b' },
      { kind: 'Two', text: 'c' },
    ]);
  });
});
