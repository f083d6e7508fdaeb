import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ServiceError } from '../../errors.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import { credentialFor, requireScope } from '../plugins/auth.js';
import { driftStatus, feedbackBody, recentAnswers } from '../schemas/confidence.js';
import { problems } from '../schemas/problem.js';

/** Judgements of shown answers, and what they say about the promise. */
const confidenceRoutes: FastifyPluginAsyncZod<{ pipeline: Pipeline }> = async (app, { pipeline }) => {
  const watch = () => {
    if (pipeline.watch) return pipeline.watch;
    throw new ServiceError('not-found', { message: 'No calibrator is loaded, or CANDOR_DRIFT_MONITOR is off.' });
  };
  app.post(
    '/feedback',
    {
      // A few wrong judgements can switch answers off: not for everybody who may search.
      onRequest: requireScope('write'),
      schema: {
        tags: ['confidence'],
        summary: 'Say whether a shown answer was right',
        body: feedbackBody,
        response: { 204: z.null().describe('Counted.'), ...problems(400, 401, 403, 404, 415, 429) },
      },
    },
    async (request, reply) => {
      const { requestId, right } = request.body;
      const { access } = credentialFor(request, 'write');
      if (!watch().judge(access.tenant, requestId, right)) {
        const message =
          'No answer of this request awaits a judgement: none was shown, it was judged, or it was long ago.';
        throw new ServiceError('not-found', { message });
      }
      return reply.code(204).send(null);
    },
  );
  const admin = requireScope('admin');
  const response = { 200: driftStatus, ...problems(401, 403, 404, 429) };
  app.get(
    '/admin/confidence',
    {
      onRequest: admin,
      schema: { tags: ['confidence'], summary: 'Whether the promise about answers holds', response },
    },
    async () => watch().status(),
  );
  app.get(
    '/admin/answers',
    {
      onRequest: admin,
      schema: {
        tags: ['confidence'],
        summary: 'What became of the latest searches',
        response: { 200: recentAnswers, ...problems(401, 403, 429) },
      },
    },
    async () => app.searchMetrics.recent(),
  );
  app.post(
    '/admin/confidence/reset',
    { onRequest: admin, schema: { tags: ['confidence'], summary: 'Forget what was seen', response } },
    async () => {
      watch().reset();
      return watch().status();
    },
  );
};

export default confidenceRoutes;
