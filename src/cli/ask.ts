import type { Command } from 'commander';
import { configWith, numberOption } from './options.js';
import { renderResponse, styleFor } from './terminal.js';

interface AskOptions {
  json?: boolean;
  limit: number;
  minConfidence?: number;
  deadlineMs?: number;
  debug?: boolean;
  index?: string;
  tenant?: string;
}

/** `candor ask`: one question through the same pipeline as the service. */
export function registerAsk(program: Command): void {
  program
    .command('ask')
    .description('ask a question; prints the answer with its sources, or why there is none, and the hits')
    .argument('<question>', 'in quotes')
    .option('--json', 'print the reply as the API gives it')
    .option('--limit <n>', 'hits to print, 1 to 100', numberOption(1, 100), 5)
    .option('--min-confidence <p>', 'least confidence of a shown answer, 0 to 1', numberOption(0, 1, { whole: false }))
    .option('--deadline-ms <ms>', 'time for the whole search', numberOption(50, 120_000))
    .option('--debug', 'with --json: add the trace, for: candor replay FILE')
    .option('--index <dir>', 'index to read (CANDOR_INDEX_DIR)')
    .option('--tenant <name>', 'whose documents (CANDOR_TENANT)')
    .addHelpText(
      'after',
      `
Examples:
  $ candor ask "Who invented the piano?"
  $ candor ask "How long is the Nile?" --json | jq .answerStatus
  $ candor ask "Who won the war?" --min-confidence 0.5`,
    )
    .action(ask);
}

async function ask(question: string, options: AskOptions): Promise<void> {
  const { limit, minConfidence, deadlineMs } = options;
  const config = configWith({ CANDOR_INDEX_DIR: options.index, CANDOR_TENANT: options.tenant });
  const answer = { ...(minConfidence !== undefined && { minConfidence }), ...(deadlineMs && { deadlineMs }) };
  const { searchOnce } = await import('./one-search.js'); // Help and usage errors need no models.
  const response = await searchOnce(config, { query: question, limit, answer, debug: options.debug ?? false });
  console.log(options.json ? JSON.stringify(response, null, 2) : renderResponse(response, styleFor(process.stdout)));
}
