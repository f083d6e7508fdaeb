import { Index, type Table } from '@lancedb/lancedb';

/** Vectors in one partition of the vector index, about. */
const PARTITION_ROWS = 4_096;
/** Partitions a query looks into: all of them up to about 130,000 passages, where the search is exact. */
export const PROBES = 32;

/** The full-text index; made while the table is empty, so that no query is ever without it. */
export async function buildTermIndex(table: Table): Promise<void> {
  if ((await columnIndexes(table)).has('search_terms')) return;
  const config = Index.fts({
    // `indexTerms` has split the text already.
    baseTokenizer: 'whitespace',
    language: 'English',
    stem: true,
    removeStopWords: false,
    asciiFolding: true,
    lowercase: true,
    withPosition: false,
  });
  await table.createIndex('search_terms', { config });
}

/** Rows that a full-text query reads one by one because no index has them yet. */
export async function waitingRows(table: Table): Promise<number> {
  const name = (await columnIndexes(table)).get('search_terms');
  const stats = name === undefined ? undefined : await table.indexStats(name);
  return stats?.numUnindexedRows ?? 0;
}

/** Indexes for filters and vectors, from a number of passages on. Rows they lack are compared one by one. */
export async function buildIndexes(table: Table, fromRows: number): Promise<void> {
  const rows = await table.countRows();
  if (rows < fromRows) return;
  const existing = await columnIndexes(table);
  for (const column of ['tenant', 'acl_open']) {
    if (!existing.has(column)) await table.createIndex(column, { config: Index.bitmap() });
  }
  if (!existing.has('document_id')) await table.createIndex('document_id', { config: Index.btree() });
  await buildVectorIndex(table, rows, existing.get('vector'));
}

/** The name says how many partitions there are: it is made anew when there should be twice as many. */
async function buildVectorIndex(table: Table, rows: number, existing: string | undefined): Promise<void> {
  const numPartitions = Math.max(1, Math.round(rows / PARTITION_ROWS));
  const before = Number(existing?.split('_').at(-1) ?? 0);
  if (numPartitions < 2 * before) return;
  const config = Index.ivfFlat({ distanceType: 'cosine', numPartitions });
  await table.createIndex('vector', { config, name: `vector_${numPartitions}` });
  if (existing) await table.dropIndex(existing);
}

/** Column to the name of its index. */
async function columnIndexes(table: Table): Promise<Map<string, string>> {
  const indexes = await table.listIndices();
  return new Map(indexes.flatMap(({ name, columns }) => columns.map((column) => [column, name] as const)));
}
