import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { indexPlace } from '../config.js';
import type { IngestReport } from '../retrieval/ingest.js';
import type { RejectedRecord } from '../retrieval/loaders/loader.js';
import { interruptible } from './interruptible.js';
import { addChunkingOptions, type ChunkingFlags, chunkingOf, configWith } from './options.js';
import { duration } from './progress.js';

interface IngestCommandOptions extends ChunkingFlags {
  index?: string;
  fromIndex?: string;
  tenant?: string;
  acl?: string[];
  rejects?: string;
}

/** Exit codes: everything is in the index; nothing is; some records are not. */
export const INGEST_EXIT = { done: 0, nothing: 1, someRejected: 3 } as const;

/** Rejected records that are printed; `--rejects` has all. */
const PRINTED_REJECTS = 100;

const groups = (text: string) =>
  text
    .split(',')
    .map((group) => group.trim())
    .filter(Boolean);

/** `candor ingest`: files into the index. */
export function registerIngest(program: Command): void {
  const command = program
    .command('ingest')
    .description('read files and folders into the index')
    .argument(
      '[path...]',
      'files (.jsonl, .json, .csv, .md, .html, .txt, .pdf, .docx, sitemap .xml, .source.yaml) or folders',
    )
    .option('--index <dir>', 'index to write (CANDOR_INDEX_DIR)')
    .option('--from-index <dir>', 'read the documents of an embedded index instead of files, of all tenants')
    .option('--tenant <name>', 'whose documents they are (CANDOR_TENANT)')
    .option('--acl <group,...>', 'groups that may see documents which name none; without it everybody may', groups);
  addChunkingOptions(command)
    .option('--rejects <file>', 'write rejected records there as JSON lines (file, line, reason)')
    .addHelpText(
      'after',
      `
A JSON record a line: {"id", "text", "url"?, "title"?, "date"?, "language"?, "acl"?: [..], "metadata"?: {..}}.
Other files are one document each, with the path as id; docs/ingesting.md says what is read of which. A .source.yaml names
an index of Elasticsearch to read. An id that is in the index already is replaced; an unchanged
one is left alone, so a run that was stopped goes on when it is started again.

Examples:
  $ candor ingest samples/corpus.jsonl.gz
  $ candor ingest docs/ README.md manual.pdf --index .candor/docs
  $ candor ingest public/sitemap.xml --overlap-words 20
  $ CANDOR_EMBEDDER_MODEL=embedder-2 candor ingest --from-index .candor/index --index .candor/index-2
  $ candor ingest handbook/ --tenant acme --acl staff,managers --rejects rejected.jsonl

Exit codes: 0 everything is in the index, 3 some records were rejected, 1 nothing could be ingested.`,
    )
    .action(ingestCommand);
}

async function ingestCommand(paths: string[], options: IngestCommandOptions): Promise<void> {
  const config = configWith({ CANDOR_INDEX_DIR: options.index, CANDOR_TENANT: options.tenant });
  const { ingestCorpus } = await import('./ingest-corpus.js'); // Help and usage errors need no models.
  const startedAt = performance.now();
  await interruptible(async (signal) => {
    const report = await ingestCorpus(config, paths, signal, {
      acl: options.acl,
      chunking: chunkingOf(options),
      fromIndex: options.fromIndex,
    });
    if (options.rejects) await writeFile(options.rejects, report.rejected.map(asLine).join(''));
    console.error(describeReport(report, indexPlace(config), performance.now() - startedAt));
    process.exitCode = exitCodeOf(report);
  }, 'What was stored stays: run the same command to go on.');
}

const asLine = ({ file, line, reason }: RejectedRecord) => `${JSON.stringify({ file, line, reason })}\n`;

export function exitCodeOf({ stored, unchanged, rejected }: IngestReport): number {
  if (stored + unchanged === 0) return INGEST_EXIT.nothing;
  return rejected.length > 0 ? INGEST_EXIT.someRejected : INGEST_EXIT.done;
}

/** What became of the records, the rejected ones one by one. */
export function describeReport(report: IngestReport, indexDir: string, elapsedMs: number): string {
  const { stored, unchanged, passages, rejected } = report;
  const counts = `${stored} documents (${passages} passages) stored, ${unchanged} unchanged, ${rejected.length} rejected`;
  const lines = [`${indexDir}: ${counts}, in ${duration(elapsedMs)}`];
  if (stored + unchanged + rejected.length === 0) lines.push('There was nothing to ingest.');
  if (rejected.length > 0) lines.push('Rejected:');
  for (const { file, line, reason } of rejected.slice(0, PRINTED_REJECTS)) {
    lines.push(`  ${line === undefined ? file : `${file}:${line}`}: ${reason}`);
  }
  const more = rejected.length - PRINTED_REJECTS;
  if (more > 0) lines.push(`  … and ${more} more; --rejects FILE writes them all`);
  return lines.join('\n');
}
