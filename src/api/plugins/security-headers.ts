import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

/** Everything a page loads comes from the service itself. */
const directives = {
  defaultSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  objectSrc: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
};

/** The documentation at /docs sets style attributes. */
export const DOCS_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

export default fastifyPlugin(async function securityHeaders(app: FastifyInstance) {
  // The service itself speaks HTTP: what asks for TLS (HSTS, `upgrade-insecure-requests`) belongs to the proxy before it.
  const contentSecurityPolicy = { useDefaults: false, directives };
  await app.register(helmet, { contentSecurityPolicy, strictTransportSecurity: false });
});
