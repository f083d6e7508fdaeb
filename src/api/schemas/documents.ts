import { z } from 'zod';
import type { SourceDocument } from '../../types.js';
import type { Equal } from './equal.js';

/** Operations of one request. */
export const MAX_OPERATIONS = 100;

const id = z.string().min(1).max(512);
const metadataValue = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);

const record = {
  url: z.string().optional(),
  title: z.string().optional(),
  text: z.string().meta({ description: 'Plain text; hits and citations are pieces of it.', minLength: 1 }),
  date: z.string().optional().describe('ISO 8601 date or date-time.'),
  language: z.string().optional().describe('BCP 47 tag, such as `en`.'),
  acl: z
    .array(z.string().min(1))
    .optional()
    .describe("Groups that may see it; `[]` = everybody in the tenant. By default the credential's groups."),
  metadata: z.record(z.string(), metadataValue).optional().describe('For filters.'),
};

export const documentParams = z.object({ id: id.describe('Percent-encoded where it has a slash.') });

export const documentBody = z.strictObject(record).meta({ id: 'DocumentRecord' });

const version = z.string().describe('Changes with what is stored, and with nothing else.');
const expectedVersion = z
  .string()
  .min(1)
  .optional()
  .describe('Do it only if the document is in this version; `*` = in any.');

export const operationsBody = z
  .strictObject({
    operations: z
      .array(
        z.discriminatedUnion('type', [
          z.strictObject({
            type: z.literal('put'),
            id,
            ...record,
            ifVersion: expectedVersion,
            ifAbsent: z.literal(true).optional().describe('Do it only if there is no such document.'),
          }),
          z.strictObject({ type: z.literal('delete'), id, ifVersion: expectedVersion }),
        ]),
      )
      .min(1)
      .max(MAX_OPERATIONS)
      .describe('Done one after the other.'),
  })
  .meta({ id: 'DocumentOperations' });

export type Operation = z.output<typeof operationsBody>['operations'][number];

const stored = z.object({
  id,
  outcome: z.enum(['created', 'replaced', 'unchanged']),
  version,
  passages: z.int().describe('Pieces that hits are made of.'),
});
export const putResponse = stored.meta({ id: 'DocumentStored' });
const removed = z.object({ id, outcome: z.enum(['deleted', 'absent']) });
export const deleteResponse = removed.meta({ id: 'DocumentDeleted' });

const refused = z.object({
  id,
  outcome: z.literal('refused'),
  code: z.enum(['invalid-request', 'forbidden', 'version-conflict']),
  detail: z.string(),
});

export const operationsResponse = z
  .object({ results: z.array(z.discriminatedUnion('outcome', [stored, removed, refused])) })
  .meta({ id: 'DocumentOutcomes', description: 'One for each operation, in their order.' });

const document = z.object({
  id,
  tenant: z.string(),
  url: z.string(),
  title: z.string(),
  text: z.string(),
  date: z.string().optional(),
  language: z.string().optional(),
  acl: z.array(z.string()),
  metadata: z.record(z.string(), metadataValue),
});
true satisfies Equal<z.output<typeof document>, SourceDocument>;

export const documentResponse = document.extend({ version: version.nullable() }).meta({ id: 'Document' });
