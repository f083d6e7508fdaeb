import { type Query as LanceQuery, MatchQuery, type Table, type VectorQuery } from '@lancedb/lancedb';
import type { ScoredPassage } from '../../types.js';
import { weighted } from '../function-words.js';
import { type Nearness, nearWords, oneEditAway } from '../near-words.js';
import { PROBES, waitingRows } from './embedded-indexes.js';
import { PASSAGE_COLUMNS, type StoredRow, toPassage } from './embedded-rows.js';

/** What is near to a word that was asked for. */
const NEARNESS: Nearness = { fuzziness: 2, prefixLength: 1, limit: 50 };

/** BM25 with less weight on function words, best first; rows that no index has yet are read one by one. */
export async function searchTerms(
  table: Table,
  terms: string,
  condition: string,
  { limit, fuzzy = false }: { limit: number; fuzzy?: boolean },
): Promise<ScoredPassage[]> {
  if (!fuzzy) {
    const { terms: all, scale } = weighted(terms);
    return matching(table, new MatchQuery(all, 'search_terms'), condition, { limit, scale });
  }
  // The engine knows near words of its index only. What waits for the index is found by its own words.
  // Of these it leaves out many, even some that are one edit away, so that all that may be such words are looked up, too.
  const words = terms.split(' ');
  const near = [...(await nearWaitingWords(table, words)), ...words.flatMap(oneEditAway)];
  const { fuzziness, prefixLength } = NEARNESS;
  const matches = [new MatchQuery(terms, 'search_terms', { fuzziness, prefixLength })];
  if (near.length > 0) matches.push(new MatchQuery(near.join(' '), 'search_terms'));
  const found = await Promise.all(matches.map((match) => matching(table, match, condition, { limit })));
  const byId = new Map(found.flat().map((scored) => [`${scored.passage.tenant} ${scored.passage.id}`, scored]));
  return bestFirst([...byId.values()], 'bm25Score').slice(0, limit);
}

/** Words near some others in the rows that wait for the full-text index, which `put` keeps few; they are the last ones. */
async function nearWaitingWords(table: Table, words: readonly string[]): Promise<string[]> {
  const waiting = await waitingRows(table);
  if (waiting === 0) return [];
  const before = Math.max(0, (await table.countRows()) - waiting);
  const rows = await rowsOf(table.query().offset(before).limit(waiting), ['search_terms']);
  return nearWords(words, new Set(rows.flatMap(({ search_terms }) => search_terms.split(' '))), NEARNESS);
}

async function matching(
  table: Table,
  match: MatchQuery,
  condition: string,
  { limit, scale = 1 }: { limit: number; scale?: number },
): Promise<ScoredPassage[]> {
  const query = table.query().fullTextSearch(match).where(condition).limit(limit);
  const rows = await rowsOf(query, [...PASSAGE_COLUMNS, '_score']);
  return bestFirst(
    rows.map((row) => ({ passage: toPassage(row), bm25Score: row._score / scale })),
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
