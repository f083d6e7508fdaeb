import { type Command, Option } from 'commander';
import type { EvaluateAnswersOptions } from './eval-answers.js';
import type { EvaluateLogsOptions } from './eval-logs.js';
import type { EvaluateRunsOptions } from './eval-runs.js';
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
    .option(
      '--html <file>',
      'also a report to look at, with risk-coverage and reliability; one file that loads nothing',
    )
    .option('--figures <dir>', 'also reliability diagram and risk-coverage curve, each as SVG and PNG')
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
  registerEvalRuns(parent);
  registerEvalLogs(parent);
}

/** `candor eval logs`. */
function registerEvalLogs(parent: Command): void {
  parent
    .command('logs')
    .description('what logged decisions and clicks say about policies and rankers that were never run')
    .requiredOption('--log <file>', 'JSON lines of one kind: decisions, pages with clicks, or interleaved pages')
    .option('--runs <file...>', 'for pages: the rankings to be judged, as for candor eval runs')
    .option('--examination <how>', 'for pages: power:ETA, or a probability for each rank: 1,0.6,0.4', 'power:1')
    .option('--depth <n>', 'for pages: hits of a page that count', numberOption(1, 10_000), 10)
    .option('--max-weight <w>', 'cut larger weights to this one', numberOption(0.001, 1_000_000, { whole: false }))
    .option('--json <file>', 'also write the figures as JSON')
    .addHelpText(
      'after',
      `
Lines, told by their fields:
  decisions    {"reward", "propensity", "target", "predicted"?, "predictedTarget"?, "cluster"?}
  pages        {"query", "shown": [ids], "clicked": [ids or places from 0], "predicted"?: {id: p}, "cluster"?}
  interleaved  {"interleaving": "team-draft", "shown", "teams": ["a", "b", ..], "clicked", "cluster"?}
               {"interleaving": "balanced", "shown", "a": [ids], "b": [ids], "clicked", "cluster"?}

Examples:
  $ candor eval logs --log decisions.jsonl --max-weight 20
  $ candor eval logs --log clicks.jsonl --runs new.run --examination 1,0.62,0.45,0.33
  $ candor eval logs --log interleaved.jsonl --json result.json

docs/logs-and-test-sets.md says what the estimates need to be true.`,
    )
    .action(async (options: EvaluateLogsOptions) => {
      const { evaluateLogs } = await import('./eval-logs.js');
      await evaluateLogs(options);
    });
}

/** `candor eval runs`. */
function registerEvalRuns(parent: Command): void {
  parent
    .command('runs')
    .description('evaluate rankings in files and compare them; needs no service, index or model')
    .requiredOption('--qrels <file>', 'judgements: TREC, BEIR or MS MARCO tsv, JSON lines, JSON; or a BEIR folder')
    .requiredOption(
      '--runs <file...>',
      'rankings: TREC, MS MARCO tsv, JSON lines, JSON, .gz of each; name=file names one',
    )
    .option('--measures <measure...>', 'as in ir_measures', ['nDCG@10', 'AP', 'RR', 'P@10', 'R@100'])
    .option('--baseline <run>', 'compare the others with this run; default: every run with every other')
    .option('--per-topic', 'also print the values of each topic')
    .option('--json [file]', 'means, values of each topic and comparisons as JSON')
    .option('--csv [file]', 'values as CSV: run, measure, topic, value')
    .option('--latex [file]', 'means as a LaTeX table')
    .option('--markdown [file]', 'means as a Markdown table')
    .option('--html <file>', 'a report to look at, in one file that loads nothing')
    .option('--depth <n>', 'look at the first n documents only (trec_eval -M)', numberOption(1, 1_000_000_000))
    .addOption(
      new Option('--missing <how>', 'a judged topic that a run lacks counts as empty (trec_eval -c) or is left out')
        .choices(['zero', 'skip'])
        .default('zero'),
    )
    .option('--permutations <n>', 'of the randomisation test', numberOption(100, 10_000_000), 10_000)
    .option('--resamples <n>', 'of the bootstrap intervals', numberOption(100, 1_000_000), 2_000)
    .option('--seed <n>', 'of both', numberOption(0, 2_147_483_647), 1)
    .addHelpText(
      'after',
      `
Measures: nDCG@10, AP(rel=2)@100, RR, P@5, R@100, RBP(p=0.8), ERR@20, Bpref, infAP, Judged@10, Success@5, Rprec, SetF,
alpha-nDCG@20 and more: docs/evaluating-runs.md. Quote those with brackets. Names of trec_eval (ndcg_cut_10) do too.

Equal scores are ordered by descending document id and the rank column is ignored, as in trec_eval. Without a file,
--json, --csv, --latex and --markdown go to the standard output.

Examples:
  $ candor eval runs --qrels qrels.txt --runs bm25.run reranked.run --baseline bm25
  $ candor eval runs --qrels beir/scifact --runs a=old.run.gz b=new.run.gz --measures nDCG@10 'AP(rel=2)' \\
      --baseline a --json figures.json --html report.html
  $ candor eval runs --qrels qrels.txt --runs *.run --measures nDCG@10 --latex > table.tex`,
    )
    .action(async (options: EvaluateRunsOptions) => {
      const { evaluateRuns } = await import('./eval-runs.js');
      await evaluateRuns(options);
    });
}
