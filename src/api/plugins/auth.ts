import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { Config } from '../../config.js';
import { ServiceError } from '../../errors.js';
import type { Access } from '../../types.js';

export type Scope = Config['server']['apiKeys'][number]['scopes'][number];

/** What a request may do, and as whom. */
export interface Credential {
  access: Access;
  scopes: readonly Scope[];
  /** Names the caller in limits without holding the key; `null` for everybody of an open service. */
  id: string | null;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** `null`: keys are in use and the request has no valid one. */
    credential: Credential | null;
  }
}

export interface AuthOptions {
  apiKeys: Config['server']['apiKeys'];
  /** Tenant of callers while no keys are in use. */
  tenant: string;
}

const digest = (key: string) => createHash('sha256').update(key).digest('hex');

function keyOf({ headers }: FastifyRequest): string | undefined {
  const [scheme, token] = headers.authorization?.split(' ') ?? [];
  if (scheme?.toLowerCase() === 'bearer') return token;
  const key = headers['x-api-key'];
  return typeof key === 'string' ? key : undefined;
}

/**
 * Finds the credential of every request. It refuses nothing: routes name what they need with `requireScope`, and limits
 * count wrong keys too.
 */
export default fastifyPlugin(async function auth(app: FastifyInstance, { apiKeys, tenant }: AuthOptions) {
  // Looked up by hash: how long the comparison takes says nothing about the key.
  const byDigest = new Map(
    apiKeys.map(({ key, scopes, ...access }) => {
      const id = digest(key);
      return [id, { access, scopes, id: id.slice(0, 16) }];
    }),
  );
  // Who may search without a key may not write without one: a proxy in front makes every caller look local.
  const everybody: Credential = { access: { tenant, groups: [] }, scopes: ['search', 'debug', 'admin'], id: null };
  app.decorateRequest('credential', null);
  app.addHook('onRequest', async (request) => {
    const key = keyOf(request);
    request.credential = byDigest.size === 0 ? everybody : (byDigest.get(digest(key ?? '')) ?? null);
  });
});

/** @throws ServiceError `unauthorized` or `forbidden`. */
export function credentialFor(request: FastifyRequest, scope: Scope): Credential {
  const { credential } = request;
  if (!credential) throw new ServiceError('unauthorized');
  if (!credential.scopes.includes(scope)) {
    const message =
      credential.id === null
        ? `The scope ${scope} needs a key: set CANDOR_API_KEYS.`
        : `The credential lacks the scope ${scope}.`;
    throw new ServiceError('forbidden', { message });
  }
  return credential;
}

/** A hook for routes that need a scope. */
export const requireScope =
  (scope: Scope): onRequestHookHandler =>
  (request, reply, done) => {
    if (!request.credential) reply.header('www-authenticate', 'Bearer');
    credentialFor(request, scope);
    done();
  };
