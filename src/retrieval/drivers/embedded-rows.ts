import { Bool, Field, FixedSizeList, Float32, Float64, Int32, List, Schema, Utf8 } from 'apache-arrow';
import type { MetadataValue, Passage, SourceDocument, TextSpan, TextStructure } from '../../types.js';
import type { ChunkingOptions } from '../chunking.js';
import type { IndexableDocument, StoredSource } from '../indexer.js';
import { startOf } from '../iso-date.js';
import { indexTerms } from '../search-terms.js';
import { metadataTerm } from './embedded-filter.js';

/** One row a passage. The first of a document also holds the document, so that one write replaces everything. */
export type PassageRow = {
  tenant: string;
  document_id: string;
  passage_id: string;
  /** Place in the document, from 0. */
  ordinal: number;
  title: string;
  headings: string[];
  url: string;
  text: string;
  start_offset: number;
  end_offset: number;
  /** start, end, start, end, … */
  sentences: number[];
  language: string | null;
  /** `language` in lower case, for filters. */
  language_tag: string | null;
  date: string | null;
  date_ms: number | null;
  acl: string[];
  /** `acl` is empty. */
  acl_open: boolean;
  /** JSON. */
  metadata: string;
  metadata_terms: string[];
  /** `indexTerms` of title, headings and text. */
  search_terms: string;
  vector: Float32Array;
  /** Only in the first row of a document. */
  document_text: string | null;
  /** Headings and tables of `document_text` and how it was cut, as JSON; only in the first row of a document. */
  structure: string | null;
  fingerprint: string;
};

const text = (name: string, nullable = false) => new Field(name, new Utf8(), nullable);
const texts = (name: string) => new Field(name, new List(new Field('item', new Utf8(), true)), false);
const integer = (name: string) => new Field(name, new Int32(), false);

export function passageSchema(dimensions: number): Schema {
  return new Schema([
    text('tenant'),
    text('document_id'),
    text('passage_id'),
    integer('ordinal'),
    text('title'),
    texts('headings'),
    text('url'),
    text('text'),
    integer('start_offset'),
    integer('end_offset'),
    new Field('sentences', new List(new Field('item', new Int32(), true)), false),
    text('language', true),
    text('language_tag', true),
    text('date', true),
    new Field('date_ms', new Float64(), true),
    texts('acl'),
    new Field('acl_open', new Bool(), false),
    text('metadata'),
    texts('metadata_terms'),
    text('search_terms'),
    new Field('vector', new FixedSizeList(dimensions, new Field('item', new Float32(), true)), false),
    text('document_text', true),
    text('structure', true),
    text('fingerprint'),
  ]);
}

/** Columns a hit is made of. */
export const PASSAGE_COLUMNS = [
  'tenant',
  'document_id',
  'passage_id',
  'title',
  'headings',
  'url',
  'text',
  'start_offset',
  'end_offset',
  'sentences',
  'language',
  'date',
  'acl',
  'metadata',
] as const satisfies readonly (keyof PassageRow)[];

/** Columns that only the first row of a document has. */
export const DOCUMENT_COLUMNS = ['document_text', 'structure'] as const satisfies readonly (keyof PassageRow)[];

export function toRows(item: IndexableDocument): PassageRow[] {
  const { document, passages, vectors, fingerprint } = item;
  const dateMs = document.date === undefined ? Number.NaN : startOf(document.date);
  return passages.map((passage, ordinal) => ({
    tenant: document.tenant,
    document_id: document.id,
    passage_id: passage.id,
    ordinal,
    title: passage.title,
    headings: [...(passage.headings ?? [])],
    url: passage.url,
    text: passage.text,
    start_offset: passage.start,
    end_offset: passage.end,
    sentences: passage.sentences.flatMap(({ start, end }) => [start, end]),
    language: passage.language ?? null,
    language_tag: passage.language?.toLowerCase() ?? null,
    date: passage.date ?? null,
    date_ms: Number.isNaN(dateMs) ? null : dateMs,
    acl: [...passage.acl],
    acl_open: passage.acl.length === 0,
    metadata: JSON.stringify(passage.metadata),
    metadata_terms: metadataTerms(passage.metadata),
    search_terms: indexTerms([passage.title, ...(passage.headings ?? []), passage.text].join('\n')),
    vector: vectors[ordinal] as Float32Array,
    document_text: ordinal === 0 ? document.text : null,
    structure: ordinal === 0 ? structureJson(item) : null,
    fingerprint,
  }));
}

/** One column for both, so that an index of an older form takes what is new. */
type StoredStructure = TextStructure & Pick<StoredSource, 'chunking'>;

function structureJson({ structure = { headings: [] }, chunking }: StoredSource): string | null {
  const isPlain = structure.headings.length + (structure.tables?.length ?? 0) === 0;
  return isPlain && !chunking ? null : JSON.stringify({ ...structure, chunking } satisfies StoredStructure);
}

function metadataTerms(metadata: Readonly<Record<string, MetadataValue>>): string[] {
  return Object.entries(metadata).flatMap(([key, value]) =>
    (typeof value === 'object' ? value : [value]).map((one) => metadataTerm(key, one)),
  );
}

/** A row as LanceDB gives it: lists come as Arrow vectors. */
export type StoredRow = {
  [Column in keyof PassageRow]: PassageRow[Column] extends (infer Item)[] ? Iterable<Item> : PassageRow[Column];
};

export function toPassage(row: StoredRow): Passage {
  // A store from before there were headings has none.
  const headings = [...(row.headings ?? [])];
  return {
    id: row.passage_id,
    documentId: row.document_id,
    tenant: row.tenant,
    title: row.title,
    ...(headings.length > 0 && { headings }),
    url: row.url,
    text: row.text,
    start: row.start_offset,
    end: row.end_offset,
    sentences: toSpans([...row.sentences]),
    language: row.language ?? undefined,
    date: row.date ?? undefined,
    acl: [...row.acl],
    metadata: JSON.parse(row.metadata) as Record<string, MetadataValue>,
  };
}

export function toDocument(row: StoredRow): SourceDocument {
  return {
    id: row.document_id,
    tenant: row.tenant,
    url: row.url,
    title: row.title,
    text: row.document_text ?? '',
    date: row.date ?? undefined,
    language: row.language ?? undefined,
    acl: [...row.acl],
    metadata: JSON.parse(row.metadata) as Record<string, MetadataValue>,
  };
}

/** How a document was cut, by the `structure` of its first row. */
export function toChunking({ structure }: Pick<StoredRow, 'structure'>): ChunkingOptions | undefined {
  return structure ? (JSON.parse(structure) as StoredStructure).chunking : undefined;
}

/** First rows that say how most documents are cut. */
export const CHUNKING_SAMPLE = 20;

/** How most of some documents were cut; `null` where none of them says. @param rows First rows. */
export function usualChunkingOf(rows: readonly Pick<StoredRow, 'structure'>[]): ChunkingOptions | null {
  const counts = new Map<string, { chunking: ChunkingOptions; count: number }>();
  for (const chunking of rows.flatMap((row) => toChunking(row) ?? [])) {
    const key = JSON.stringify(chunking);
    counts.set(key, { chunking, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  const [usual] = [...counts.values()].sort((a, b) => b.count - a.count);
  return usual?.chunking ?? null;
}

/** The document of a first row, with its headings and tables and how it was cut. */
export function toSource(row: StoredRow): StoredSource {
  const document = toDocument(row);
  if (!row.structure) return { document };
  const { chunking, ...structure } = JSON.parse(row.structure) as StoredStructure;
  return { document, structure, ...(chunking && { chunking }) };
}

function toSpans(offsets: readonly number[]): TextSpan[] {
  const spans: TextSpan[] = [];
  for (let index = 0; index + 1 < offsets.length; index += 2) {
    spans.push({ start: offsets[index] as number, end: offsets[index + 1] as number });
  }
  return spans;
}
