import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

export interface PageOptions {
  /** Folder of the built pages; without an `index.html` in it there is no page. */
  dir: string;
}

/** The search page at `/`, the administrator's at `/admin`. */
export default fastifyPlugin(async function page(app: FastifyInstance, { dir }: PageOptions) {
  if (!existsSync(join(dir, 'index.html'))) return;
  // Relative, so that it also holds below a path of another site.
  app.get('/admin', { schema: { hide: true } }, ({ url }, reply) =>
    reply.redirect(`admin/${url.includes('?') ? url.slice(url.indexOf('?')) : ''}`, 301),
  );
  await app.register(fastifyStatic, {
    root: dir,
    // One route a file, known at the start: all other addresses are answered by the API.
    wildcard: false,
    decorateReply: false,
    cacheControl: false,
    setHeaders(response, path) {
      // Built files carry a hash in their name; the page that names them does not.
      const hashed = path.includes('/assets/');
      response.setHeader('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
});
