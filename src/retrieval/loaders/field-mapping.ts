import { z } from 'zod';
import type { TextStructure } from '../../types.js';
import { parseHtml } from './html.js';
import type { ParsedText } from './loader.js';
import { parseMarkdown } from './markdown.js';
import { parsePlainText } from './plain-text.js';

const path = z.string().min(1);
const paths = z.union([path, z.array(path).min(1)], 'expected the name of a field, or a list of names');

/**
 * Which fields of a foreign record become which of ours. A field is named by its path (`author.name`); several are joined
 * in their order.
 */
export const fieldMappingSchema = z.strictObject({
  id: path.default('_id'),
  text: paths,
  title: paths.optional(),
  url: path.optional(),
  date: path.optional(),
  language: path.optional(),
  acl: path.optional(),
  metadata: z.record(z.string(), path).default({}),
  /** How the text fields are written. */
  textFormat: z.enum(['plain', 'html', 'markdown']).default('plain'),
});

export type FieldMapping = z.infer<typeof fieldMappingSchema>;

/** A record in our form, not yet checked, with the structure of its text. */
export interface MappedRecord extends TextStructure {
  record: Record<string, unknown>;
}

const PARSERS: Record<FieldMapping['textFormat'], (source: string) => ParsedText> = {
  plain: parsePlainText,
  html: parseHtml,
  markdown: parseMarkdown,
};

/** @param source The foreign record, its id under `_id` where it stands beside the fields. */
export function mapFields(source: Record<string, unknown>, mapping: FieldMapping): MappedRecord {
  const { id, text, title, url, date, language, acl, metadata, textFormat } = mapping;
  const one = (from: string | undefined) => (from === undefined ? undefined : scalar(valueAt(source, from)));
  const parsed = PARSERS[textFormat](joined(source, text, '\n\n'));
  const groups = acl === undefined ? undefined : valueAt(source, acl);
  const values = Object.entries(metadata).map(([key, from]) => [key, valueAt(source, from)] as const);
  return {
    record: {
      id: asText(one(id)),
      text: parsed.text,
      title: (title && joined(source, title, ' ')) || parsed.title,
      url: asText(one(url)),
      date: asDate(one(date)),
      language: asText(one(language)),
      // What opens or closes a document is never guessed: a value that is not a list of groups is refused later.
      ...(acl !== undefined && { acl: typeof groups === 'string' ? [groups] : groups }),
      metadata: Object.fromEntries(values.filter(([, value]) => value !== undefined && value !== null)),
    },
    headings: parsed.headings,
    tables: parsed.tables,
  };
}

/** The value at a dotted path; a field whose own name has dots is found too. */
function valueAt(source: unknown, from: string): unknown {
  if (source === null || typeof source !== 'object') return undefined;
  if (Array.isArray(source)) {
    const found = source.map((item) => valueAt(item, from)).filter((value) => value !== undefined);
    return found.length > 0 ? found.flat() : undefined;
  }
  const record = source as Record<string, unknown>;
  if (Object.hasOwn(record, from)) return record[from];
  for (let dot = from.indexOf('.'); dot > 0; dot = from.indexOf('.', dot + 1)) {
    const head = from.slice(0, dot);
    if (Object.hasOwn(record, head)) return valueAt(record[head], from.slice(dot + 1));
  }
  return undefined;
}

const scalar = (value: unknown) => (Array.isArray(value) ? value[0] : value);

const asText = (value: unknown) => (typeof value === 'number' ? String(value) : (value ?? undefined));

/** Search engines keep dates as milliseconds, too. */
const asDate = (value: unknown) =>
  typeof value === 'number' && Math.abs(value) <= 8.64e15 ? new Date(value).toISOString() : (value ?? undefined);

function joined(source: Record<string, unknown>, from: string | readonly string[], glue: string): string {
  const values = (typeof from === 'string' ? [from] : from).flatMap((one) => valueAt(source, one) ?? []);
  return values.map(String).join(glue);
}
