import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ServiceError } from '../../errors.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import type { Author, DocumentOperation, DocumentOutcome, Expectation } from '../../retrieval/document-writer.js';
import { disconnectSignal } from '../disconnect.js';
import { credentialFor, requireScope } from '../plugins/auth.js';
import { etagOf, expectationOf, isKnown } from '../preconditions.js';
import {
  deleteResponse,
  documentBody,
  documentParams,
  documentResponse,
  type Operation,
  operationsBody,
  operationsResponse,
  putResponse,
} from '../schemas/documents.js';
import { problems } from '../schemas/problem.js';

export interface DocumentRouteOptions {
  pipeline: Pipeline;
}

const tags = ['documents'];
/** As long as a store may take to start again. */
const WRITE_TIMEOUT_MS = 30_000;
/** A client that goes away does not stop a write: the stores would be left with half of it. */
const writeSignal = () => AbortSignal.timeout(WRITE_TIMEOUT_MS);
const preconditions = z.looseObject({
  'if-match': z.string().optional().describe('A version in double quotes, or `*`.'),
  'if-none-match': z.string().optional().describe('`*`: only if there is no such document.'),
});

/** `GET`, `PUT` and `DELETE /documents/{id}`, and `POST /documents` for several at once. */
const documentRoutes: FastifyPluginAsyncZod<DocumentRouteOptions> = async (app, { pipeline }) => {
  /** One operation, whose refusal is the error of the request. */
  async function writeOne(request: FastifyRequest, reply: FastifyReply, operation: DocumentOperation) {
    const [outcome] = await pipeline.writeDocuments([operation], authorOf(request), writeSignal());
    if (!outcome) throw new ServiceError('internal');
    if (outcome.outcome === 'refused') throw outcome.error;
    reply.header('cache-control', 'no-store');
    return outcome;
  }

  app.get(
    '/documents/:id',
    {
      onRequest: requireScope('search'),
      schema: {
        tags,
        summary: 'A document as it is stored',
        params: documentParams,
        response: {
          200: documentResponse,
          304: z.null().describe('The version of `If-None-Match` is the stored one.'),
          ...problems(400, 401, 403, 404, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const { access } = credentialFor(request, 'search');
      const { id } = request.params;
      const found = await pipeline.getDocument(id, access, disconnectSignal(reply));
      if (!found) throw new ServiceError('not-found', { message: `${id}: there is no such document.` });
      const { document, version } = found;
      reply.header('cache-control', 'private, no-cache');
      if (version !== null) reply.header('etag', etagOf(version));
      if (version !== null && isKnown(request.headers, version)) return reply.code(304).send(null);
      const { acl, metadata, ...rest } = document;
      return { ...rest, acl: [...acl], metadata: mutable(metadata), version };
    },
  );

  app.put(
    '/documents/:id',
    {
      onRequest: requireScope('write'),
      schema: {
        tags,
        summary: 'Store a document, in place of the one with this id',
        params: documentParams,
        headers: preconditions,
        body: documentBody,
        response: {
          200: putResponse.describe('Replaced, or there already.'),
          201: putResponse.describe('Created.'),
          ...problems(400, 401, 403, 412, 413, 415, 429, 503, 504),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const expected = expectationOf(request.headers);
      const outcome = await writeOne(request, reply, { type: 'put', documentId: id, record: request.body, expected });
      if (!('version' in outcome)) throw new ServiceError('internal');
      reply.header('etag', etagOf(outcome.version));
      const { documentId: _, ...rest } = outcome;
      return reply.code(outcome.outcome === 'created' ? 201 : 200).send({ id, ...rest });
    },
  );

  app.delete(
    '/documents/:id',
    {
      onRequest: requireScope('write'),
      schema: {
        tags,
        summary: 'Remove a document; a second time changes nothing',
        params: documentParams,
        headers: preconditions,
        response: { 200: deleteResponse, ...problems(400, 401, 403, 412, 429, 503, 504) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const expected = expectationOf(request.headers);
      const outcome = await writeOne(request, reply, { type: 'delete', documentId: id, expected });
      if ('version' in outcome) throw new ServiceError('internal');
      return { id, outcome: outcome.outcome };
    },
  );

  app.post(
    '/documents',
    {
      onRequest: requireScope('write'),
      schema: {
        tags,
        summary: 'Several such operations in one request',
        body: operationsBody,
        response: { 200: operationsResponse, ...problems(400, 401, 403, 413, 415, 429, 503, 504) },
      },
    },
    async (request, reply) => {
      const operations = request.body.operations.map(toOperation);
      const outcomes = await pipeline.writeDocuments(operations, authorOf(request), writeSignal());
      reply.header('cache-control', 'no-store');
      return { results: outcomes.map(toResult) };
    },
  );
};

function authorOf(request: FastifyRequest): Author {
  const { access, scopes } = credentialFor(request, 'write');
  return { ...access, isAdmin: scopes.includes('admin') };
}

function toOperation(given: Operation): DocumentOperation {
  if (given.type === 'delete')
    return { type: 'delete', documentId: given.id, expected: versionExpected(given.ifVersion) };
  const { type, id: documentId, ifVersion, ifAbsent, ...record } = given;
  if (ifAbsent && ifVersion !== undefined) {
    const message = `${documentId}: expected ifVersion or ifAbsent, received both.`;
    throw new ServiceError('invalid-request', { message });
  }
  return { type, documentId, record, expected: ifAbsent ? 'absent' : versionExpected(ifVersion) };
}

function versionExpected(version: string | undefined): Expectation | undefined {
  if (version === undefined) return undefined;
  return version === '*' ? 'present' : { versions: [version] };
}

function toResult(outcome: DocumentOutcome) {
  const { documentId: id, ...rest } = outcome;
  if (rest.outcome !== 'refused') return { id, ...rest };
  const { code, message } = rest.error;
  if (code !== 'invalid-request' && code !== 'forbidden' && code !== 'version-conflict') throw rest.error;
  return { id, outcome: rest.outcome, code, detail: message };
}

/** The schema's lists are the reply's own. */
const mutable = (metadata: Readonly<Record<string, string | number | boolean | readonly string[]>>) =>
  Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [key, typeof value === 'object' ? [...value] : value]),
  );

export default documentRoutes;
