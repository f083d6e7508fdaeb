import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ServiceError } from '../../errors.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import { credentialFor, requireScope } from '../plugins/auth.js';
import { override, overrideAudit, overrideBody, overrideList } from '../schemas/overrides.js';
import { problems } from '../schemas/problem.js';

export interface OverrideRouteOptions {
  pipeline: Pipeline;
}

/** Whose rules, and who changes them: both come from the credential. */
function administratorOf(request: FastifyRequest) {
  const { access, id } = credentialFor(request, 'admin');
  return { tenant: access.tenant, by: id };
}

/** `/admin/overrides`: an administrator's rules about queries and documents, with their audit log. */
const overrideRoutes: FastifyPluginAsyncZod<OverrideRouteOptions> = async (app, { pipeline: { overrides } }) => {
  const onRequest = requireScope('admin');
  app.get(
    '/admin/overrides',
    {
      onRequest,
      schema: {
        tags: ['admin'],
        summary: 'Rules in force, oldest first',
        response: { 200: overrideList, ...problems(401, 403, 429) },
      },
    },
    async (request) => ({ overrides: [...(await overrides.list(administratorOf(request).tenant))] }),
  );
  app.post(
    '/admin/overrides',
    {
      onRequest,
      schema: {
        tags: ['admin'],
        summary: 'Add a rule; it holds from the next query on and replaces one with the same match and value',
        body: overrideBody,
        response: { 201: override, ...problems(400, 401, 403, 413, 415, 429) },
      },
    },
    async (request, reply) => reply.code(201).send(await overrides.add(request.body, administratorOf(request))),
  );
  app.delete(
    '/admin/overrides/:id',
    {
      onRequest,
      schema: {
        tags: ['admin'],
        summary: 'Remove a rule; the log keeps it',
        params: z.object({ id: z.string().min(1).max(100) }),
        response: { 200: override, ...problems(401, 403, 404, 429) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const removed = await overrides.remove(id, administratorOf(request));
      if (!removed) throw new ServiceError('not-found', { message: `There is no rule ${JSON.stringify(id)}.` });
      return removed;
    },
  );
  app.get(
    '/admin/overrides/audit',
    {
      onRequest,
      schema: {
        tags: ['admin'],
        summary: 'What was changed, when and by whom; newest first',
        querystring: z.strictObject({ limit: z.coerce.number().int().min(1).max(1_000).default(100) }),
        response: { 200: overrideAudit, ...problems(400, 401, 403, 429) },
      },
    },
    async (request) => ({
      entries: [...(await overrides.audit(administratorOf(request).tenant, request.query.limit))],
    }),
  );
};

export default overrideRoutes;
