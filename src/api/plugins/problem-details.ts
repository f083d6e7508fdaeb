import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { ERRORS, type ErrorCode, ServiceError } from '../../errors.js';
import type { Problem } from '../schemas/problem.js';

/** Errors of fastify that a client can cause, as codes of ours. */
const CODE_BY_FRAMEWORK_CODE: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid-request',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed-json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed-json',
  FST_ERR_BAD_URL: 'invalid-request',
};

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

function codeOf(error: unknown): ErrorCode {
  if (error instanceof ServiceError) return error.code;
  const { code, statusCode, name } = error as Partial<FastifyError>;
  const known = CODE_BY_FRAMEWORK_CODE[code ?? ''];
  if (known) return known;
  if (name === 'SyntaxError' && statusCode === 400) return 'malformed-json'; // A body with `__proto__`.
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500 ? 'invalid-request' : 'internal';
}

/** What a client may read of an error. A 5xx shows the text of the table and nothing of the inside. */
export function toProblem(error: unknown, requestId: string): Problem {
  const invalid = hasZodFastifySchemaValidationErrors(error);
  const code = invalid ? 'invalid-request' : codeOf(error);
  const { status, message } = ERRORS[code];
  const problem: Problem = { type: `urn:candor:problem:${code}`, title: message, status, code, requestId };
  if (invalid) {
    const errors = error.validation.map((issue) => ({
      path: issue.instancePath.slice(1).replaceAll('/', '.'),
      message: issue.message ?? 'not valid',
    }));
    return { ...problem, errors };
  }
  if (status < 500 && error instanceof ServiceError && error.message !== message) problem.detail = error.message;
  return problem;
}

/** Answers with problem details; the original goes to the log. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = toProblem(error, request.id);
  if (problem.status >= 500) request.log.error({ err: error, code: problem.code }, problem.title);
  else request.log.debug({ err: error, code: problem.code }, problem.title);
  if (problem.status === 503) reply.header('retry-after', '1');
  return reply
    .code(problem.status)
    .type('application/problem+json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(problem);
}

/** One error handler for the whole API (RFC 9457). */
export default fastifyPlugin(async function problemDetails(app: FastifyInstance) {
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request, reply) => {
    const url = request.url.split('?', 1)[0] ?? '/';
    const allowed = METHODS.filter((method) => app.findRoute({ method, url }) !== null);
    if (allowed.length === 0) return sendProblem(new ServiceError('not-found'), request, reply);
    reply.header('allow', allowed.join(', '));
    return sendProblem(new ServiceError('method-not-allowed'), request, reply);
  });
});
