import type { Command } from 'commander';
import { indexPlace } from '../config.js';
import type { Difference } from '../retrieval/verify.js';
import { interruptible } from './interruptible.js';
import { configWith, numberOption } from './options.js';
import type { VerifiedIndex } from './verify-index.js';

interface VerifyCommandOptions {
  sample: number;
  all?: boolean;
  repair?: boolean;
  json?: boolean;
}

const PRINTED_DIFFERENCES = 50;
const DIFFERENT = 3;

/** `candor verify`: do the two clusters hold the same? */
export function registerVerify(program: Command): void {
  program
    .command('verify')
    .description('compare what Elasticsearch and Qdrant hold: counts, versions, what is missing on either side')
    .option('--sample <n>', 'documents to draw from each store', numberOption(1, 10_000), 1_000)
    .option('--all', 'compare every document')
    .option('--repair', 'compare every document and mend what differs')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
A document that one store lacks or holds in part is copied from the other. Where both have it whole and differently, that
of Elasticsearch counts.

Examples:
  $ candor verify
  $ candor verify --repair

Exit codes: 0 the same, or mended; 3 they differ; 1 failed.`,
    )
    .action(verifyCommand);
}

async function verifyCommand(options: VerifyCommandOptions): Promise<void> {
  const config = configWith({});
  const { verifyIndex } = await import('./verify-index.js'); // Help and usage errors need no models.
  const sample = options.all || options.repair ? undefined : options.sample;
  await interruptible(async (signal) => {
    const found = await verifyIndex(config, { sample, repair: options.repair }, signal);
    if (options.json) console.log(JSON.stringify(found, null, 2));
    else console.log(`${indexPlace(config)}\n${describeVerification(found)}`);
    const { versions, differences, repaired } = found;
    const isMended = differences.length > 0 && repaired !== undefined;
    if (new Set(versions.map(({ current }) => current)).size > 1 || (differences.length > 0 && !isMended)) {
      process.exitCode = DIFFERENT;
    }
  });
}

export function describeVerification({ counts, versions, compared, differences, repaired }: VerifiedIndex): string {
  const names = counts.map(({ name }) => name);
  const lines = counts.map(({ name, documents, passages }, index) => {
    const version = versions[index]?.current ?? 'none';
    return `${name}: version ${version}, ${documents} documents, ${passages} passages`;
  });
  if (new Set(versions.map(({ current }) => current)).size > 1) {
    lines.push('They serve different versions: a switch was cut short. Run: candor rollback');
  }
  lines.push(`${compared} documents compared, ${differences.length} differ`);
  for (const difference of differences.slice(0, PRINTED_DIFFERENCES)) lines.push(`  ${describe(difference, names)}`);
  const more = differences.length - PRINTED_DIFFERENCES;
  if (more > 0) lines.push(`  … and ${more} more; --json prints them all`);
  if (repaired) {
    const { copied, remade, removed } = repaired;
    lines.push(`Mended: ${copied} copied from the other store, ${remade} made anew, ${removed} leftovers removed`);
  } else if (differences.length > 0) lines.push('Run: candor verify --repair');
  return lines.join('\n');
}

function describe({ tenant, documentId, states }: Difference, names: readonly string[]): string {
  const each = states.map((state, index) => {
    const what =
      state === null
        ? 'missing'
        : state.isWhole
          ? `version ${state.fingerprint?.slice(0, 8)}`
          : `a part (${state.passages} passages)`;
    return `${names[index]}: ${what}`;
  });
  return `${tenant}/${documentId}: ${each.join(', ')}`;
}
