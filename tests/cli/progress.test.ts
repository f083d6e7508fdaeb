import { expect, it } from 'vitest';
import { duration, startProgress } from '../../src/cli/progress.js';

it.each([
  [400, '0 s'],
  [59_400, '59 s'],
  [185_000, '3 min 05 s'],
  [7_800_000, '2 h 10 min'],
])('%d ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

it('overwrites its line in a terminal and is quiet in a log', () => {
  const written = { terminal: '', log: '' };
  const terminal = startProgress('questions', 2, { isTTY: true, write: (text) => (written.terminal += text) });
  const log = startProgress('questions', 2, { write: (text) => (written.log += text) });
  for (const progress of [terminal, log]) {
    progress.tick();
    progress.tick();
    progress.stop();
  }
  expect(written.terminal).toMatch(/^\rquestions 1\/2, \d+ ms each, 0 s left.*\rquestions 2\/2 in 0 s.*\n$/s);
  expect(written.log).toBe('questions 2/2 in 0 s\n');
});
