import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { indexPlace } from '../config.js';
import type { RebuildReport } from '../retrieval/rebuild.js';
import { describeReport } from './ingest.js';
import { interruptible } from './interruptible.js';
import { addChunkingOptions, type ChunkingFlags, chunkingOf, configWith } from './options.js';
import { duration } from './progress.js';

interface RebuildCommandOptions extends ChunkingFlags {
  fromIndex?: boolean;
  tenant?: string;
  acl?: string;
  acceptRejects?: boolean;
  rejects?: string;
}

const NOT_PUBLISHED = 3;

/** `candor rebuild` and `candor rollback`: versions of the index in the clusters. */
export function registerRebuild(program: Command): void {
  const command = program
    .command('rebuild')
    .description('fill a new version of the index in the clusters beside the one that serves, then switch to it')
    .argument('[path...]', 'files and folders, as for candor ingest; they are all that the new version will hold')
    .option('--from-index', 'read the stored documents instead: for another embedding model or other settings')
    .option('--tenant <name>', 'whose documents the files are (CANDOR_TENANT)')
    .option('--acl <group,...>', 'groups that may see documents which name none');
  addChunkingOptions(command)
    .option('--accept-rejects', 'switch although some records were rejected')
    .option('--rejects <file>', 'write rejected records there as JSON lines (file, line, reason)')
    .addHelpText(
      'after',
      `
Searches go on from the version before until the new one is complete; then both clusters switch. A run that was killed
goes on where it stopped when it is started again. The version before is kept: candor rollback goes back to it.

Examples:
  $ candor rebuild corpus.jsonl.gz
  $ CANDOR_EMBEDDER_MODEL=embedder-2 candor rebuild --from-index
  $ candor rebuild --from-index --overlap-words 20

Exit codes: 0 switched, 3 records were rejected and nothing was switched, 1 failed.`,
    )
    .action(rebuildCommand);
  program
    .command('rollback')
    .description('serve the version of the index that the last rebuild replaced')
    .addHelpText('after', '\nA second time goes forward again.\n\nExample:\n  $ candor rollback')
    .action(rollback);
}

async function rebuildCommand(paths: string[], options: RebuildCommandOptions): Promise<void> {
  const config = configWith({ CANDOR_TENANT: options.tenant });
  const { rebuildIndex } = await import('./rebuild-index.js'); // Help and usage errors need no models.
  const startedAt = performance.now();
  const acl = options.acl
    ?.split(',')
    .map((group) => group.trim())
    .filter(Boolean);
  await interruptible(async (signal) => {
    const report = await rebuildIndex(
      config,
      { ...options, paths, acl, chunking: chunkingOf(options), say: (text) => console.error(text) },
      signal,
    );
    const { rejected } = report.ingest;
    if (options.rejects) {
      const lines = rejected.map(({ file, line, reason }) => `${JSON.stringify({ file, line, reason })}\n`);
      await writeFile(options.rejects, lines.join(''));
    }
    console.error(describeRebuild(report, indexPlace(config), performance.now() - startedAt));
    if (!report.isPublished) process.exitCode = NOT_PUBLISHED;
  }, 'Nothing was switched: run the same command to go on.');
}

/** What became of it; a new version that is smaller than the old one is worth a look. */
export function describeRebuild(
  { version, ingest, before, after, isPublished }: RebuildReport,
  place: string,
  ms: number,
) {
  const counts = `version ${version} holds ${after} documents, the one before ${before}`;
  const end = isPublished
    ? `${place}: ${counts}. It is served now, after ${duration(ms)}; candor rollback goes back.`
    : `${place}: ${counts}. It is not served: mend the rejected records or add --accept-rejects, and run this again.`;
  return `${describeReport(ingest, place, ms)}\n${end}`;
}

async function rollback(): Promise<void> {
  const config = configWith({});
  const { openVersions } = await import('../pipeline/create-pipeline.js');
  const { agree, rollBackVersion } = await import('../retrieval/index-versions.js');
  const { stores, close } = openVersions(config);
  const signal = AbortSignal.timeout(60_000);
  try {
    const mended = await agree(stores, signal);
    for (const line of mended) console.error(line);
    // A switch that was cut short is finished, and that is all: another step might be one too many.
    if (mended.length === 0) {
      console.error(`${indexPlace(config)}: version ${await rollBackVersion(stores, signal)} is served now`);
    }
  } finally {
    await close();
  }
}
