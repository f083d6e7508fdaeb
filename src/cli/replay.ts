import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { ServiceError } from '../errors.js';
import { type Replay, replay } from '../pipeline/replay.js';
import { readKeptTrace } from '../pipeline/trace-store.js';
import { parseCalibrator } from '../reward/calibrator.js';
import type { AnswerOutcome } from '../types.js';
import { configWith } from './options.js';
import { printable } from './terminal.js';

interface ReplayOptions {
  traces?: string;
  calibrator?: string;
  json?: boolean;
}

/** Exit code when the decision differs from the recorded one. */
const DIFFERS = 3;

export function registerReplay(program: Command): void {
  program
    .command('replay')
    .description('decide a past search again from its trace, and say whether the decision is the same')
    .argument('<request>', 'id of a request whose trace is kept, or a file with a reply of debug: true')
    .option('--traces <dir>', 'where traces are kept (CANDOR_TRACES_DIR)')
    .option('--calibrator <file>', 'the calibrator of then (CANDOR_CALIBRATOR)')
    .option('--json', 'print recorded and replayed decision')
    .addHelpText(
      'after',
      `
Examples:
  $ candor ask "Who invented the piano?" --json --debug > reply.json; candor replay reply.json
  $ CANDOR_TRACES_DIR=.candor/traces candor serve
  $ CANDOR_TRACES_DIR=.candor/traces candor replay 6f1c2a0e-…

Exit code 3: the decision differs.`,
    )
    .action(replayRequest);
}

async function replayRequest(request: string, options: ReplayOptions): Promise<void> {
  const config = configWith({ CANDOR_TRACES_DIR: options.traces, CANDOR_CALIBRATOR: options.calibrator });
  const text = await readFile(config.calibrator, 'utf8').catch(() => null);
  const calibrator = text === null ? null : parseCalibrator(text, config.calibrator);
  const found = replay(await readTrace(request, config.traces.dir), calibrator);
  process.stdout.write(`${options.json ? JSON.stringify(found, null, 2) : describe(found)}\n`);
  if (!found.same) process.exitCode = DIFFERS;
}

async function readTrace(request: string, dir: string | undefined): Promise<unknown> {
  const text = await readFile(request, 'utf8').catch(() => null);
  if (text !== null) {
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      throw new ServiceError('invalid-request', { message: `${request}: expected JSON.`, cause });
    }
  }
  if (dir !== undefined) return await readKeptTrace(dir, request);
  const message = `${request}: there is no such file. To name a request by its id, set CANDOR_TRACES_DIR or --traces.`;
  throw new ServiceError('invalid-request', { message });
}

function describe({ requestId, query, calibrator, recorded, replayed, same }: Replay): string {
  const by = calibrator === null ? 'decided before any candidate was judged' : `calibrator ${calibrator}`;
  const lines = [`request ${printable(requestId)}: ${printable(query)}`, by];
  if (same) return [...lines, `decided: ${inWords(recorded)}`, 'replayed: the same, to the last digit'].join('\n');
  return [...lines, `decided: ${inWords(recorded)}`, `replayed: ${inWords(replayed)}`, 'They differ.'].join('\n');
}

function inWords(outcome: AnswerOutcome | null): string {
  if (outcome === null) return 'an answer may be written';
  if (outcome.status === 'abstained') {
    return [outcome.reason, outcome.check, outcome.confidence].filter((part) => part !== undefined).join(', ');
  }
  const { answer, slot, layout } = outcome;
  return `${JSON.stringify(answer.text)}, confidence ${answer.confidence}, slot ${slot} (${layout})`;
}
