import type { Command } from 'commander';
import type { PassageResult } from '../types.js';
import { configWith, numberOption } from './options.js';
import { renderHits, styleFor } from './terminal.js';

interface SearchOptions {
  json?: boolean;
  limit: number;
  offset: number;
  perDocument?: number;
  diversity?: number;
  language?: string[];
  index?: string;
  tenant?: string;
}

/** `candor search`: hits only, without the models that write answers. */
export function registerSearch(program: Command): void {
  program
    .command('search')
    .description('search; prints the hits')
    .argument('<query>', 'in quotes')
    .option('--json', 'print the reply as the API gives it')
    .option('--limit <n>', 'hits to print, 1 to 100', numberOption(1, 100), 10)
    .option('--offset <n>', 'hits to skip; with --limit at most 1000', numberOption(0, 1_000), 0)
    .option('--per-document <n>', 'most hits of one document (default: all)', numberOption(1, 100))
    .option(
      '--diversity <n>',
      'how much hits should differ from those above them, 0 to 1 (CANDOR_DIVERSITY)',
      numberOption(0, 1, { whole: false }),
    )
    .option('--language <tag...>', 'only documents in these languages')
    .option('--index <dir>', 'index to read (CANDOR_INDEX_DIR)')
    .option('--tenant <name>', 'whose documents (CANDOR_TENANT)')
    .addHelpText(
      'after',
      `
Examples:
  $ candor search "hong kong handover 1997"
  $ candor search "double helix" --limit 3 --json
  $ candor search "jaguar" --diversity 0.5`,
    )
    .action(search);
}

async function search(query: string, options: SearchOptions): Promise<void> {
  const { limit, offset, perDocument: passagesPerDocument, diversity, language: languages } = options;
  const config = configWith({
    CANDOR_INDEX_DIR: options.index,
    CANDOR_TENANT: options.tenant,
    CANDOR_GENERATOR: 'off',
  });
  const filter = languages && { languages };
  const { searchOnce } = await import('./one-search.js'); // Help and usage errors need no models.
  const response = await searchOnce(config, {
    query,
    limit,
    offset,
    passagesPerDocument,
    diversity,
    filter,
    answer: { mode: 'off' },
  });
  if (options.json) return console.log(JSON.stringify(response, null, 2));
  const hits = response.results.filter((result): result is PassageResult => result.type === 'passage');
  console.log(renderHits(hits, styleFor(process.stdout), offset));
}
