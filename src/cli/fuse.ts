import { type Command, Option } from 'commander';
import type { FuseOptions } from './fuse-runs.js';
import { numberOption } from './options.js';

/** `candor fuse`: several rankings become one. */
export function registerFuse(program: Command): void {
  program
    .command('fuse')
    .description('fuse rankings in files into one, or find out how to')
    .requiredOption('--runs <file...>', 'rankings, as for candor eval runs; at least two')
    .requiredOption('-o, --output <file>', 'the fused run (TREC; .gz packs it)')
    .addOption(new Option('--method <name>', 'how').choices(['rrf', 'comb-sum', 'comb-mnz', 'borda']).default('rrf'))
    .option('--weights <n...>', 'of each run, in their order; default: 1 each', numbers)
    .option('--k <n>', 'of rrf', numberOption(0.001, 1_000_000, { whole: false }), 60)
    .addOption(
      new Option('--normalisation <name>', 'of scores, for comb-sum and comb-mnz')
        .choices(['none', 'min-max', 'max', 'sum', 'z-score', 'rank'])
        .default('min-max'),
    )
    .option('--depth <n>', 'documents to keep for each topic', numberOption(1, 1_000_000), 1_000)
    .option('--tag <name>', 'last column of the fused run; default: the method')
    .option('--tune <measure>', 'find method, parameter and weights that are best in this measure (needs --qrels)')
    .option('--qrels <file>', 'judgements, for --tune')
    .option('--folds <n>', 'of the cross-validation', numberOption(2, 1_000), 5)
    .option('--seed <n>', 'how topics are dealt to the folds', numberOption(0, 2_147_483_647), 1)
    .addHelpText(
      'after',
      `
With --tune, the topics are dealt to folds. Each judged topic of the fused run is made with the settings that were best on
the other folds, so that its figures are those of topics never seen. The settings that are best over all are printed, for use
on new topics. --method and the settings are then not looked at.

Examples:
  $ candor fuse --runs bm25.run dense.run -o hybrid.run
  $ candor fuse --runs bm25.run dense.run --method comb-sum --weights 0.3 0.7 -o hybrid.run.gz
  $ candor fuse --runs bm25.run dense.run --tune nDCG@10 --qrels qrels.txt -o tuned.run`,
    )
    .action(async (options: FuseOptions) => {
      const { fuseFiles } = await import('./fuse-runs.js');
      await fuseFiles(options);
    });
}

const parseWeight = numberOption(0, 1_000_000, { whole: false });
const numbers = (text: string, before?: number[]) => [...(before ?? []), parseWeight(text)];
