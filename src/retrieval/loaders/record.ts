import { z } from 'zod';
import type { SourceDocument } from '../../types.js';
import { startOf } from '../iso-date.js';
import { type LoaderOptions, wellFormed } from './loader.js';

const text = z.string().transform(wellFormed);
const id = text.pipe(
  z
    .string()
    .min(1)
    .max(512)
    .regex(/^\P{Cc}*$/u, 'expected no control characters'),
);
const isoDate = z.string().refine((date) => !Number.isNaN(startOf(date)), 'expected an ISO 8601 date or date-time');
const language = z
  .string()
  .regex(/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*$/, 'expected a language tag such as en or zh-Hant');
const metadataValue = z.union([text, z.number(), z.boolean(), z.array(text)], {
  error: 'expected a string, number, boolean or list of strings',
});
/** Many exports write `null` for what they do not know. */
const optional = <T extends z.ZodType>(type: T) => z.preprocess((value) => value ?? undefined, type.optional());

/** One record to ingest. Unknown fields are refused: a misspelt `acl` must not open a document to everybody. */
export const recordSchema = z.strictObject({
  id,
  url: optional(text),
  title: optional(text),
  text: text.refine((value) => value.trim() !== '', 'expected some text, found none'),
  date: optional(isoDate),
  language: optional(language),
  acl: optional(z.array(z.string().min(1))),
  metadata: optional(z.record(z.string(), metadataValue)),
});

/** The document of a record, or why there is none. */
export function toDocument(value: unknown, { tenant, acl }: LoaderOptions): SourceDocument | { reason: string } {
  const parsed = recordSchema.safeParse(value);
  if (!parsed.success) return { reason: parsed.error.issues.map(describe).join('; ') };
  const { url = '', title = '', metadata = {}, ...record } = parsed.data;
  return { ...record, tenant, url, title, acl: record.acl ?? acl, metadata };
}

function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    return `unknown field ${issue.keys.join(', ')}: values of your own belong into metadata`;
  }
  const message = issue.message.replace(/^Invalid input: /, '');
  return issue.path.length > 0 ? `${issue.path.join('.')}: ${message}` : message;
}
