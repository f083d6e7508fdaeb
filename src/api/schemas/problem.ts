import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../../errors.js';

const codes = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

/** RFC 9457. `code` is stable and meant for programs, `detail` for people. */
export const problem = z
  .object({
    type: z.string().describe('`urn:candor:problem:<code>`'),
    title: z.string(),
    status: z.int(),
    code: z.enum(codes),
    detail: z.string().optional(),
    requestId: z.string(),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .describe('What is wrong with which field.'),
  })
  .meta({ id: 'Problem' });

export type Problem = z.output<typeof problem>;

/** Entries of a route's `response` for the errors it documents. */
export function problems(...statuses: number[]) {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: 'Problem details', content: { 'application/problem+json': { schema: problem } } },
    ]),
  );
}
