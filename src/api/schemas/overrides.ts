import { z } from 'zod';
import type { AuditEntry, Override, OverrideRule } from '../../safety/overrides.js';
import type { Equal } from './equal.js';

const rule = {
  match: z
    .enum(['query', 'phrase', 'document'])
    .describe('`query`: the whole query, by its words; `phrase`: words anywhere in a query; `document`: by its id.'),
  value: z.string().min(1).max(500).meta({ description: 'What is matched.', example: 'who stole the crown jewels' }),
  action: z
    .enum(['allow', 'block'])
    .describe(
      '`allow`: the guards are not asked. `block`: a query gets hits only; no answer is drawn from a document.',
    ),
  reason: z.string().max(500).describe('Why, for whoever reads the log.'),
};

export const overrideBody = z
  .strictObject({ ...rule, reason: rule.reason.default('') })
  .meta({ id: 'OverrideRule', description: 'What an administrator decides over the guards.' });

export const override = z
  .object({
    ...rule,
    id: z.string(),
    tenant: z.string(),
    createdAt: z.string(),
    createdBy: z.string().nullable().describe('The credential, without its key.'),
  })
  .meta({ id: 'Override' });

export const overrideList = z.object({ overrides: z.array(override) }).meta({ id: 'OverrideList' });

const auditEntry = z.object({
  at: z.string(),
  by: z.string().nullable(),
  action: z.enum(['add', 'remove']),
  override,
});

export const overrideAudit = z
  .object({ entries: z.array(auditEntry).describe('Newest first.') })
  .meta({ id: 'OverrideAudit' });

true satisfies Equal<z.output<typeof overrideBody>, OverrideRule>;
true satisfies Equal<z.output<typeof override>, Override>;
true satisfies Equal<z.output<typeof auditEntry>, AuditEntry>;
