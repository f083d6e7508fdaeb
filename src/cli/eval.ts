import type { Command } from 'commander';
import type { EvaluateAnswersOptions } from './eval-answers.js';
import { numberOption } from './options.js';

const share = numberOption(0, 1, { whole: false });

/** `candor eval`: quality in figures. */
export function registerEval(program: Command): void {
  const parent = program.command('eval').description('measure quality; prints figures with 95 % intervals');
  parent
    .command('answers')
    .description('ask questions with known answers through the pipeline of the service, or read recorded answers')
    .option('--corpus <file>', 'documents to search, as for candor ingest: .jsonl or .jsonl.gz')
    .option('--questions <file>', 'lines {id, question, answers, answerable, documentIds?, language?, kind?}')
    .option('--answers <file>', 'ask nothing: read these answers, of --records or lines {id, answer, confidence?, …}')
    .option('--min-confidence <p>', 'with --answers: shown from here on, where a line does not say it', share)
    .option('--json <file>', 'also write the figures as JSON')
    .option('--gate <file>', 'hold the figures against the limits of a YAML file; exit code 3 when one fails')
    .option('--judge', 'also let the reward model judge the answers, without the gold ones')
    .option('--against <file>', "with --judge: another system's answers to compare with, as for --answers")
    .option('--records <file>', 'write one line a question: all candidates, scores and times')
    .option('--resume', 'go on with the records of a run that was stopped')
    .option('--limit <n>', 'take a random sample of the questions', numberOption(1, 10_000_000))
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
  $ candor eval answers --answers answers.jsonl --questions questions.jsonl.gz --gate gate.yaml
  $ candor eval answers --answers ours.jsonl --questions questions.jsonl.gz --corpus corpus.jsonl.gz \\
      --judge --against theirs.jsonl

Exit codes: 0 done, 1 failed, 2 asked for in a wrong way, 3 done, and a gate failed.
docs/evaluation.md says what each figure means.`,
    )
    .action(async (options: EvaluateAnswersOptions) => {
      const { evaluateAnswers } = await import('./eval-answers.js'); // Help and usage errors need no models.
      process.exitCode = await evaluateAnswers(options);
    });
}
