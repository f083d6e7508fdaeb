import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.js';
import { reportError } from '../../src/cli/report-error.js';
import { candor } from './run.js';

const verbs = createProgram().commands.flatMap((command) =>
  command.commands.length > 0 ? command.commands.map((verb) => [command.name(), verb.name()]) : [[command.name()]],
);

function helpOf(names: readonly string[]): string {
  let text = '';
  const program = createProgram();
  const all = [program, ...program.commands, ...program.commands.flatMap((command) => command.commands)];
  for (const command of all) {
    command.exitOverride().configureOutput({
      writeOut: (out) => {
        text += out;
      },
    });
  }
  try {
    program.parse([...names, '--help'], { from: 'user' });
  } catch {
    // Commander throws after its help.
  }
  return text;
}

describe('every verb', () => {
  it.each(verbs)('%s %s explains itself with an example', (...names) => {
    expect(helpOf(names.filter((name) => name !== undefined))).toMatch(
      /Usage: candor[\s\S]*Examples?:[\s\S]*\$ .*candor /,
    );
  });
});

/** What a usage error says, without starting a process. */
async function usage(args: readonly string[]) {
  let stderr = '';
  const program = createProgram();
  const writeErr = (text: string) => {
    stderr += text;
  };
  for (const command of [program, ...program.commands]) command.configureOutput({ writeErr }).exitOverride();
  const error: unknown = await program.parseAsync(args, { from: 'user' }).catch((thrown: unknown) => thrown);
  return { code: reportError(error, writeErr), stderr };
}

describe('candor', () => {
  it.each<[string[], RegExp]>([
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['search'], /missing required argument 'query'/],
    [['search', 'a', '--limit', '0'], /whole number from 1 to 100/],
    [['search', 'a', '--diversity', '2'], /number from 0 to 1/],
    [['search', 'a', '--colour'], /unknown option '--colour'/],
    [['search', ' '], /^candor: The query is empty\.$/],
    [['ask', 'a', '--min-confidence', '2'], /number from 0 to 1/],
  ])('%j is asked for in a wrong way', async (args, message) => {
    expect(await usage(args)).toEqual({ code: 2, stderr: expect.stringMatching(message) });
  });
});

describe('the process', { timeout: 90_000 }, () => {
  it('names a wrong setting, without a stack', async () => {
    const { code, stdout, stderr } = await candor(['serve'], { CANDOR_PORT: 'http' }).finished;
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^candor: CANDOR_PORT: .*received "http"\)\n$/);
  });

  it('names the model file that is missing, what was expected and what to run', async () => {
    const { code, stderr } = await candor(['serve', '--port', '0'], { CANDOR_MODELS_DIR: '/nowhere' }).finished;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^candor: \/nowhere\/embedder\/manifest\.json: expected .*models verify\n$/);
  });
});
