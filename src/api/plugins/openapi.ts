import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { DOCS_POLICY } from './security-headers.js';

export interface OpenapiOptions {
  version: string;
  /** Documents the API key. */
  hasKeys: boolean;
}

const DESCRIPTION =
  'Searches, and answers among the hits when it is confident. Every answer is a verbatim, cited quote of a document.';

/** OpenAPI 3.1 from the routes' own schemas at `/openapi.json`, for people at `/docs`. Register it before the routes. */
export default fastifyPlugin(async function openapi(app: FastifyInstance, { version, hasKeys }: OpenapiOptions) {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Candor',
        version,
        description: DESCRIPTION,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: [
        { name: 'search', description: 'Hits and answers' },
        { name: 'documents', description: 'Single documents in and out of the index' },
        { name: 'rerank', description: 'The reranker alone, on texts of the caller' },
        { name: 'admin', description: 'Rules of an administrator' },
        { name: 'health', description: 'For operators' },
      ],
      ...(hasKeys && {
        components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
        security: [{ apiKey: [] }],
      }),
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: DOCS_POLICY,
    uiConfig: { deepLinking: true, defaultModelsExpandDepth: 0 },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => reply.send(app.swagger()));
});
