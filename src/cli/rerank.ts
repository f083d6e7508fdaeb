import type { Command } from 'commander';
import { numberOption } from './options.js';
import type { RerankOptions } from './rerank-run.js';

const DEPTH = numberOption(1, 10_000);

/** `candor rerank`: a ranking in a file gets a closer look. */
export function registerRerank(program: Command): void {
  program
    .command('rerank')
    .description('put the first documents of a ranking in a file into a better order; needs no index and no service')
    .requiredOption('--run <file>', 'ranking, as for candor eval runs')
    .requiredOption('--queries <file>', 'JSON lines {_id, text} or id<TAB>text; or a BEIR folder')
    .requiredOption('--corpus <file>', 'JSON lines {_id, title, text} or MS MARCO tsv; or a BEIR folder')
    .option('--reranker <which>', 'cross-encoder, reward, an http(s) address, or command:PROGRAM', 'cross-encoder')
    .option('--model <name>', 'sent to an http reranker as `model`')
    .option('--api-key-env <variable>', 'environment variable that holds the key of an http reranker')
    .option('--listwise', 'scores of the http reranker or command depend on the other documents of the list')
    .option('--depth <n>', 'documents of each query to look at', DEPTH, 100)
    .option('-o, --output <file>', 'the reranked run (TREC; .gz packs it)')
    .option('--tag <name>', 'last column of the run; default: the reranker')
    .option('--cache <file>', 'keep scores there; the same command goes on after it was stopped')
    .option('--concurrency <n>', 'queries at once; 1 for honest times', numberOption(1, 256), 1)
    .option('--timeout-ms <ms>', 'longest time for one query', numberOption(1, 3_600_000), 60_000)
    .option('--sweep <depth...>', 'also judge these depths (needs --qrels)', depths)
    .option('--qrels <file>', 'judgements, for --sweep')
    .option('--measures <measure...>', 'for --sweep, as in ir_measures', ['nDCG@10', 'RR@10', 'R@100'])
    .option('--json <file>', 'figures of the sweep as JSON')
    .addHelpText(
      'after',
      `
A query that fails keeps its old order and is named; the others are not affected. Documents behind the depth follow in their
old order.

A command reads a line {"id", "query", "documents": [{"id", "title", "text"}]} for each query and writes a line
{"id", "scores": [..]}, {"id", "results": [{"index", "relevance_score"}]} or {"id", "error"}.

Examples:
  $ candor rerank --run bm25.run --queries queries.tsv --corpus corpus.jsonl.gz -o reranked.run
  $ candor rerank --run bm25.run --queries beir/ --corpus beir/ --reranker http://127.0.0.1:8080/v1/rerank \\
      --depth 50 --cache scores.jsonl -o reranked.run
  $ candor rerank --run bm25.run --queries beir/ --corpus beir/ --reranker "command:python3 mine.py" \\
      --sweep 10 20 50 100 --qrels beir/ --measures nDCG@10 AP

Exit codes: 0 done, 1 failed, 2 asked for in a wrong way, 3 done, and some queries kept their old order.`,
    )
    .action(async (options: RerankOptions) => {
      const { rerankFile } = await import('./rerank-run.js'); // Help and usage errors need no models.
      process.exitCode = await rerankFile(options);
    });
}

function depths(text: string, before?: number[]): number[] {
  return [...(before ?? []), DEPTH(text)];
}
