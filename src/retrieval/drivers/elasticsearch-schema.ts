import type { estypes } from '@elastic/elasticsearch';
import type { SearchFilter } from '../../types.js';
import { clusterConditions } from './cluster-rows.js';

/** An index of another format is refused. */
export const FORMAT_VERSION = 3;

/** Languages whose word forms are made one, and the analyzer that does it. English keeps its stop words: they are often
 * the question. */
const STEMMED: Readonly<Record<string, string>> = {
  ar: 'arabic',
  da: 'danish',
  de: 'german',
  en: 'candor_english',
  es: 'spanish',
  fi: 'finnish',
  fr: 'french',
  hi: 'hindi',
  hu: 'hungarian',
  it: 'italian',
  nl: 'dutch',
  no: 'norwegian',
  pt: 'portuguese',
  ru: 'russian',
  sv: 'swedish',
  tr: 'turkish',
};

/** Scripts without spaces are found by `text` alone. */
const UNSTEMMED = new Set(['zh', 'ja', 'ko', 'th', 'lo', 'km', 'my']);

/** The field under `stemmed` for a passage of this language; English where none is known. */
export function stemmedField(language: string | null): string | null {
  const primary = language?.toLowerCase().split('-')[0] ?? 'en';
  if (UNSTEMMED.has(primary)) return null;
  return primary in STEMMED ? primary : 'en';
}

/**
 * `candor_text`: words as they are, without case and accents; Chinese, Japanese and Korean as pairs of neighbours. While
 * indexing single characters are kept too, so that one alone is found.
 */
export const ANALYSIS: estypes.IndicesIndexSettingsAnalysis = {
  filter: {
    candor_pairs: { type: 'cjk_bigram' },
    candor_pairs_and_singles: { type: 'cjk_bigram', output_unigrams: true },
    candor_possessive: { type: 'stemmer', language: 'possessive_english' },
    candor_stem: { type: 'stemmer', language: 'english' },
  },
  normalizer: {
    candor_exact: { type: 'custom', filter: ['lowercase', 'asciifolding'] },
  },
  analyzer: {
    candor_text: {
      type: 'custom',
      tokenizer: 'standard',
      filter: ['cjk_width', 'lowercase', 'candor_pairs_and_singles', 'asciifolding'],
    },
    candor_text_query: {
      type: 'custom',
      tokenizer: 'standard',
      filter: ['cjk_width', 'lowercase', 'candor_pairs', 'asciifolding'],
    },
    candor_english: {
      type: 'custom',
      tokenizer: 'standard',
      filter: ['cjk_width', 'candor_possessive', 'lowercase', 'asciifolding', 'candor_stem'],
    },
  },
};

const keyword = { type: 'keyword', ignore_above: 8_191 } as const;
const stored = { type: 'keyword', index: false, doc_values: false } as const;
const analysed = { type: 'text', analyzer: 'candor_text', search_analyzer: 'candor_text_query' } as const;
const storedNumber = { type: 'integer', index: false, doc_values: false } as const;

export function mappings(meta: Record<string, unknown>): estypes.MappingTypeMapping {
  const stemmed = Object.entries(STEMMED).map(
    ([language, analyzer]) => [language, { type: 'text', analyzer }] as const,
  );
  return {
    dynamic: 'strict',
    _meta: meta,
    _source: { excludes: ['stemmed'] },
    properties: {
      tenant: keyword,
      document_id: keyword,
      passage_id: keyword,
      ordinal: { type: 'integer' },
      passage_count: storedNumber,
      title: {
        ...analysed,
        fields: { exact: { type: 'keyword', normalizer: 'candor_exact', ignore_above: 500 } },
      },
      headings: analysed,
      url: keyword,
      text: analysed,
      start_offset: storedNumber,
      end_offset: storedNumber,
      sentences: storedNumber,
      language: stored,
      language_tags: keyword,
      date: stored,
      date_ms: { type: 'date', format: 'epoch_millis' },
      acl: keyword,
      acl_open: { type: 'boolean' },
      metadata: { type: 'text', index: false },
      metadata_terms: keyword,
      document_text: { type: 'text', index: false },
      structure: { type: 'text', index: false },
      fingerprint: stored,
      stemmed: { properties: Object.fromEntries(stemmed) },
    },
  };
}

type Clause = estypes.QueryDslQueryContainer;
const none: Clause = { match_none: {} };

/** Tenant, groups and the caller's conditions; they cost no score. */
export function filterClauses(
  access: { tenant: string; groups: readonly string[] },
  filter: SearchFilter = {},
): Clause[] {
  const visible: Clause[] = [{ term: { acl_open: true } }];
  if (access.groups.length > 0) visible.push({ terms: { acl: [...access.groups] } });
  const clauses: Clause[] = [
    { term: { tenant: access.tenant } },
    { bool: { should: visible, minimum_should_match: 1 } },
  ];
  const { anyOf, dates } = clusterConditions(filter);
  for (const [field, values] of anyOf) clauses.push({ terms: { [field]: values } });
  for (const [bound, ms] of dates)
    clauses.push(Number.isNaN(ms) ? none : { range: { date_ms: { [bound]: ms, format: 'epoch_millis' } } });
  return clauses;
}

/** About what three rare words of a query add. */
const TITLE_BOOST = 20;

/**
 * BM25: the best of word forms, words as they are, and title, with a share of the others; more for the words as one
 * phrase, and for a title that is exactly the query.
 */
export function searchQuery(text: string, filter: Clause[], fuzzy = false): Clause {
  if (fuzzy) {
    // Two edits of a short word make many others, which would leave no room for what was meant.
    const match = { query: text, fields: ['text', 'title'], fuzziness: 'AUTO:4,8', prefix_length: 1 };
    return { bool: { must: [{ multi_match: match }], filter } };
  }
  return {
    bool: {
      must: [
        {
          multi_match: {
            query: text,
            type: 'best_fields',
            fields: ['stemmed.*', 'text', 'headings', 'title^1.5'],
            tie_breaker: 0.3,
          },
        },
      ],
      should: [
        { match_phrase: { text: { query: text, slop: 1, boost: 0.5 } } },
        // Who types a title wants the document of that title. An index of an older form has no such field, and no such boost.
        { constant_score: { filter: { term: { 'title.exact': text } }, boost: TITLE_BOOST } },
      ],
      filter,
    },
  };
}
