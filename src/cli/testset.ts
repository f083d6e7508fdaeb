import { type Command, Option } from 'commander';
import { numberOption } from './options.js';
import type { AgreementOptions, PoolOptions, QuestionsOptions, SampleOptions } from './testset-files.js';

const files = () => import('./testset-files.js');
const seed = numberOption(0, 2_147_483_647);

/** `candor testset`: from logs and runs to judged questions. */
export function registerTestset(program: Command): void {
  const parent = program
    .command('testset')
    .description('build a test set of your own: queries, pools, agreement, questions');
  parent
    .command('sample')
    .description('draw queries from a log, with the chance each had')
    .requiredOption('--log <file>', 'a query a line, or JSON lines {query, count?}; .gz of each')
    .requiredOption('-o, --output <file>', 'JSON lines {_id, text, count, stratum, inclusionProbability, weight}')
    .option('--size <n>', 'queries to draw', numberOption(1, 1_000_000), 100)
    .addOption(
      new Option(
        '--method <name>',
        'frequency: as the traffic; uniform: every distinct query alike; stratified: head, torso, tail',
      )
        .choices(['frequency', 'uniform', 'stratified'])
        .default('frequency'),
    )
    .option(
      '--least <n>',
      'leave out queries asked less often, which may tell who asked',
      numberOption(1, 1_000_000),
      1,
    )
    .option('--seed <n>', 'which sample', seed, 1)
    .addHelpText(
      'after',
      '\nExample:\n  $ candor testset sample --log queries.txt.gz --size 200 --least 3 -o queries.jsonl',
    )
    .action(async (options: SampleOptions) => (await files()).sampleFile(options));
  parent
    .command('pool')
    .description('collect the first documents of several rankings, to be judged by people')
    .requiredOption('--runs <file...>', 'rankings, as for candor eval runs')
    .requiredOption('--queries <file>', 'as for candor rerank')
    .requiredOption('--corpus <file>', 'as for candor rerank')
    .requiredOption('-o, --output <file>', 'JSON lines {queryId, query, documentId, title, text}')
    .option('--depth <n>', 'first documents of each ranking', numberOption(1, 10_000), 10)
    .option('--qrels <file>', 'judgements that are there already; these documents are left out')
    .option('--seed <n>', 'in which order they are shown', seed, 1)
    .addHelpText(
      'after',
      '\nExample:\n  $ candor testset pool --runs a.run b.run --queries queries.jsonl --corpus corpus.jsonl.gz -o pool.jsonl',
    )
    .action(async (options: PoolOptions) => (await files()).poolFiles(options));
  parent
    .command('agreement')
    .description("how far annotators agree: Krippendorff's alpha, Fleiss' and Cohen's kappa")
    .requiredOption(
      '--labels <file>',
      'JSON lines {queryId, documentId, annotator, grade}, or {item, annotator, label}',
    )
    .addOption(
      new Option('--scale <name>', 'how far apart different labels are')
        .choices(['nominal', 'ordinal', 'interval'])
        .default('ordinal'),
    )
    .option('--qrels <file>', 'also write the median grade of each document as qrels')
    .option('--json <file>', 'also write the figures as JSON')
    .addHelpText('after', '\nExample:\n  $ candor testset agreement --labels labels.jsonl --qrels qrels.txt')
    .action(async (options: AgreementOptions) => (await files()).agreementFile(options));
  parent
    .command('questions')
    .description('make questions from passages; marked as synthetic throughout, since nobody asked them')
    .requiredOption('--corpus <file>', 'as for candor ingest')
    .requiredOption('-o, --output <file>', 'question lines for candor eval answers, of kinds synthetic-…')
    .option('--count <n>', 'most questions', numberOption(1, 1_000_000), 100)
    .option('--seed <n>', 'of which passages', seed, 1)
    .option('--no-cloze', 'no sentences with a gap where no other question can be made')
    .addHelpText(
      'after',
      '\nExample:\n  $ candor testset questions --corpus corpus.jsonl.gz --count 200 -o synthetic.jsonl',
    )
    .action(async (options: QuestionsOptions) => (await files()).questionsFile(options));
}
