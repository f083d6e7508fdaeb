import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Connection, connect, type Table } from '@lancedb/lancedb';
import { z } from 'zod';
import { ServiceError } from '../../errors.js';
import { buildTermIndex } from './embedded-indexes.js';
import { passageSchema } from './embedded-rows.js';

/** What `index.json` says. A change of columns or of `indexTerms` raises the format version. */
const headerSchema = z.object({
  formatVersion: z.number().int(),
  embedderModelId: z.string(),
  dimensions: z.number().int().positive(),
});

export type IndexHeader = z.infer<typeof headerSchema>;

export const FORMAT_VERSION = 3;
const TABLE = 'passages';

/** An open index. */
export interface OpenIndex {
  header: IndexHeader;
  table: Table;
}

const ingestInto = (dir: string) => `candor ingest PATH... --index ${dir}`;

export const missingIndex = (dir: string) =>
  new ServiceError('index-missing', { message: `${dir}: expected an index, found none. Run: ${ingestInto(dir)}` });

export const corruptIndex = (dir: string, found: string, cause?: unknown) =>
  new ServiceError('index-corrupt', {
    message: `${dir}: expected an index of format ${FORMAT_VERSION}, ${found}. Delete the folder, then run: ${ingestInto(dir)}`,
    cause,
  });

/**
 * Opens the index of a folder; `null` when there is none.
 *
 * @throws ServiceError `index-corrupt`, saying what to run.
 */
export async function openIndex(dir: string): Promise<OpenIndex | null> {
  const header = await readHeader(dir);
  if (!header || !(await hasTable(dir))) return null;
  try {
    return { header, table: await (await connection(dir)).openTable(TABLE) };
  } catch (cause) {
    throw corruptIndex(dir, 'which cannot be opened', cause);
  }
}

/** A table is there once a version of it is: a process may be just making it, or was killed while it did. */
async function hasTable(dir: string): Promise<boolean> {
  const versions = await readdir(join(dir, `${TABLE}.lance`, '_versions')).catch(() => []);
  return versions.length > 0;
}

/** Opens the index of a folder and makes it first where there is none. */
export async function createIndex(dir: string, embedder: Omit<IndexHeader, 'formatVersion'>): Promise<OpenIndex> {
  await mkdir(dir, { recursive: true });
  // The header comes first: killed in between, the next start finds a header without a table and goes on from there.
  const header = (await readHeader(dir)) ?? { formatVersion: FORMAT_VERSION, ...embedder };
  const path = join(dir, 'index.json');
  await writeFile(`${path}.new`, `${JSON.stringify(header, null, 2)}\n`);
  await rename(`${path}.new`, path);
  const table = await (await connection(dir)).createEmptyTable(TABLE, passageSchema(header.dimensions), {
    existOk: true,
  });
  await buildTermIndex(table);
  return { header, table };
}

/** Each read looks for the newest version, so that a write of any process is visible to the next query. */
const connection = (dir: string): Promise<Connection> => connect(dir, { readConsistencyInterval: 0 });

async function readHeader(dir: string): Promise<IndexHeader | null> {
  const path = join(dir, 'index.json');
  const content = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return null;
    throw corruptIndex(dir, 'whose index.json cannot be read', cause);
  });
  if (content === null) return null;
  let header: IndexHeader;
  try {
    header = headerSchema.parse(JSON.parse(content));
  } catch (cause) {
    throw corruptIndex(dir, 'whose index.json is not what it should be', cause);
  }
  if (header.formatVersion !== FORMAT_VERSION) throw corruptIndex(dir, `found format ${header.formatVersion}`);
  return header;
}
