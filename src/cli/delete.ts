import type { Command } from 'commander';
import { indexPlace } from '../config.js';
import { configWith } from './options.js';

interface DeleteOptions {
  index?: string;
  tenant?: string;
}

/** `candor delete`: documents out of the index. */
export function registerDelete(program: Command): void {
  program
    .command('delete')
    .description('take documents out of the index, from the next query on')
    .argument('<id...>', 'ids of documents')
    .option('--index <dir>', 'index to write (CANDOR_INDEX_DIR)')
    .option('--tenant <name>', 'whose documents they are (CANDOR_TENANT)')
    .addHelpText(
      'after',
      `
Example:
  $ candor delete handbook/old.md handbook/older.md --index .candor/docs`,
    )
    .action(deleteDocuments);
}

async function deleteDocuments(ids: string[], options: DeleteOptions): Promise<void> {
  const config = configWith({ CANDOR_INDEX_DIR: options.index, CANDOR_TENANT: options.tenant });
  const { openWritableIndex } = await import('../pipeline/create-pipeline.js');
  const { indexer, close } = await openWritableIndex(config);
  try {
    const deleted = await indexer.delete(config.tenant, ids, new AbortController().signal);
    console.error(`${indexPlace(config)}: ${deleted} of ${new Set(ids).size} documents deleted`);
  } finally {
    await close();
  }
}
