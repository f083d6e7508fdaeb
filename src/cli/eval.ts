import type { Command } from 'commander';
import type { EvaluateAnswersOptions } from './eval-answers.js';
import { numberOption } from './options.js';

/** `candor eval`: quality in figures. */
export function registerEval(program: Command): void {
  const parent = program.command('eval').description('measure quality; prints figures with 95 % intervals');
  parent
    .command('answers')
    .description('ask questions with known answers through the pipeline of the service, over a corpus of their own')
    .requiredOption('--corpus <file>', 'documents to search, as for candor ingest: .jsonl or .jsonl.gz')
    .requiredOption('--questions <file>', 'lines {id, question, answers, answerable, documentIds?, language?, kind?}')
    .option('--json <file>', 'also write the figures as JSON')
    .option('--records <file>', 'write one line a question: all candidates, scores and times')
    .option('--resume', 'go on with the records of a run that was stopped')
    .option('--limit <n>', 'ask a random sample of the questions', numberOption(1, 10_000_000))
    .option('--seed <n>', 'which sample', numberOption(0, 2_147_483_647), 1)
    .option('--index <dir>', 'index to use and keep; default: a temporary one')
    .option('--deadline-ms <ms>', 'time for each question (CANDOR_ANSWER_DEADLINE_MS)', numberOption(50, 120_000))
    .option('--candidates <n>', 'candidates for each question (CANDOR_ANSWER_CANDIDATES)', numberOption(1, 16))
    .addHelpText(
      'after',
      `
Examples:
  $ candor eval answers --corpus corpus.jsonl.gz --questions questions.jsonl.gz --limit 200
  $ candor eval answers --corpus corpus.jsonl.gz --questions questions.jsonl.gz \\
      --index .candor/eval --records records.jsonl --resume --json figures.json

docs/evaluation.md says what each figure means.`,
    )
    .action(async (options: EvaluateAnswersOptions) => {
      const { evaluateAnswers } = await import('./eval-answers.js'); // Help and usage errors need no models.
      await evaluateAnswers(options);
    });
}
