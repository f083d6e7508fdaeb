import type { Command } from 'commander';
import { numberOption } from './options.js';
import type { TuneCommandOptions } from './tune-fusion.js';

/** `candor tune`: how words and meaning are weighed, from labelled questions. */
export function registerTune(program: Command): void {
  program
    .command('tune')
    .description('find out on labelled questions how to weigh lexical and dense hits; writes a file for the service')
    .requiredOption(
      '--questions <file>',
      'lines {id, question, answers, answerable, documentIds}, as for candor eval answers',
    )
    .option('--output <file>', 'settings to serve with (CANDOR_FUSION_FILE)', '.candor/fusion.json')
    .option('--measure <measure>', 'what to make best, over documents', 'nDCG@10')
    .option('--folds <n>', 'of the cross-validation', numberOption(2, 1_000), 5)
    .option('--limit <n>', 'take a random sample of the questions', numberOption(1, 10_000_000))
    .option('--seed <n>', 'of sample and folds', numberOption(0, 2_147_483_647), 1)
    .option('--index <dir>', 'index to ask (CANDOR_INDEX_DIR)')
    .option('--tenant <name>', 'whose documents (CANDOR_TENANT)')
    .addHelpText(
      'after',
      `
Each question is asked of each back end once; then reciprocal rank fusion and weighted, normalised scores are tried with many
weights. The figure that is printed first comes from folds: no question is judged with settings that saw it. The file is
written only if these are better than the fusion that is used without a file. The questions must not be those that a
published figure is measured on.

Examples:
  $ candor tune --questions labelled.jsonl
  $ CANDOR_FUSION_FILE=.candor/fusion.json candor serve

Exit codes: 0 written, 3 nothing better was found and nothing is written, 1 failed.`,
    )
    .action(async (options: TuneCommandOptions) => {
      const { tuneFusionOfIndex } = await import('./tune-fusion.js'); // Help and usage errors need no models.
      process.exitCode = await tuneFusionOfIndex(options);
    });
}
