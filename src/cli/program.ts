import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { registerAsk } from './ask.js';
import { registerCalibrate } from './calibrate.js';
import { registerDelete } from './delete.js';
import { registerEval } from './eval.js';
import { registerFuse } from './fuse.js';
import { registerIngest } from './ingest.js';
import { registerModels } from './models.js';
import { registerOverrides } from './overrides.js';
import { registerRebuild } from './rebuild.js';
import { registerReplay } from './replay.js';
import { registerRerank } from './rerank.js';
import { registerSearch } from './search.js';
import { registerServe } from './serve.js';
import { registerTestset } from './testset.js';
import { registerTune } from './tune.js';
import { registerVerify } from './verify.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** `candor` with all its verbs. It throws instead of ending the process. */
export function createProgram(): Command {
  const program = new Command('candor')
    .description('A search service that also answers, only when it is confident.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(add --help for the options)')
    .addHelpText(
      'after',
      `
Start here:
  $ candor ingest samples/corpus.jsonl.gz
  $ candor ask "Who invented the piano?"
  $ candor serve

Settings are environment variables; .env.example lists them.
Exit codes: 0 done, 1 failed, 2 asked for in a wrong way; 3 done, and not all is well: see the verb.`,
    );
  registerIngest(program);
  registerDelete(program);
  registerRebuild(program);
  registerVerify(program);
  registerServe(program);
  registerAsk(program);
  registerSearch(program);
  registerEval(program);
  registerRerank(program);
  registerTestset(program);
  registerFuse(program);
  registerTune(program);
  registerCalibrate(program);
  registerReplay(program);
  registerOverrides(program);
  registerModels(program);
  return program;
}
