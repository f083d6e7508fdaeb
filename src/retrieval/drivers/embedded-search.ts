import { type Query as LanceQuery, MatchQuery, type Table, type VectorQuery } from '@lancedb/lancedb';
import type { ScoredPassage } from '../../types.js';
import { PROBES } from './embedded-indexes.js';
import { PASSAGE_COLUMNS, type StoredRow, toPassage } from './embedded-rows.js';

/** BM25, best first; rows that no index has yet are read one by one. */
export async function searchTerms(
  table: Table,
  terms: string,
  condition: string,
  { limit, fuzzy = false }: { limit: number; fuzzy?: boolean },
): Promise<ScoredPassage[]> {
  const match = new MatchQuery(terms, 'search_terms', fuzzy ? { fuzziness: 2, prefixLength: 1 } : {});
  const query = table.query().fullTextSearch(match).where(condition).limit(limit);
  const rows = await rowsOf(query, [...PASSAGE_COLUMNS, '_score']);
  return bestFirst(
    rows.map((row) => ({ passage: toPassage(row), bm25Score: row._score })),
    'bm25Score',
  );
}

/** Cosine, best first; all vectors are compared where there is no vector index. */
export async function searchVectors(table: Table, vector: Float32Array, condition: string, limit: number) {
  const query = table.vectorSearch(vector).distanceType('cosine').nprobes(PROBES).where(condition).limit(limit);
  const rows = await rowsOf(query, [...PASSAGE_COLUMNS, '_distance']);
  return bestFirst(
    rows.map((row) => ({ passage: toPassage(row), denseScore: 1 - row._distance })),
    'denseScore',
  );
}

type FoundRow = StoredRow & { _score: number; _distance: number };

/** Some columns of all rows of a query. */
export const rowsOf = (query: LanceQuery | VectorQuery, columns: string[]): Promise<FoundRow[]> =>
  query.select(columns).toArray();

function bestFirst(found: ScoredPassage[], score: 'bm25Score' | 'denseScore'): ScoredPassage[] {
  return found.sort((a, b) => (b[score] ?? 0) - (a[score] ?? 0) || (a.passage.id < b.passage.id ? -1 : 1));
}
