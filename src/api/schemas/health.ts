import { z } from 'zod';
import type { ComponentStatus } from '../../pipeline/pipeline.js';
import type { Equal } from './equal.js';

export const liveness = z.object({ status: z.literal('ok') }).meta({ id: 'Liveness' });

const component = z.object({
  name: z.string(),
  ready: z.boolean(),
  required: z.boolean().describe('Without it no request can be served.'),
  code: z.string().optional(),
});

export const readiness = z
  .object({
    status: z.enum(['ready', 'degraded', 'unavailable']),
    components: z.array(component),
  })
  .meta({ id: 'Readiness' });

true satisfies Equal<z.output<typeof component>, ComponentStatus>;
