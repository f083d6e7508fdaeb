import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { WorkerStart } from './worker-module.js';

/**
 * The address of a worker module that lies beside the file that names it, in sources (`.ts`) as in `dist/` (`.js`).
 *
 * @param base `import.meta.url` of the caller.
 * @param name Without ending, such as `./policy-worker`.
 */
export function workerModuleUrl(base: string, name: string): string {
  const { pathname } = new URL(base);
  return new URL(name + extname(pathname), base).href;
}

/**
 * Starts a worker thread. Built code runs as it is. From TypeScript sources (tests, `npm run dev`) the thread first
 * registers tsx, a development dependency, because a new thread inherits no loader.
 */
export function startWorker(start: WorkerStart): Worker {
  const entryUrl = workerModuleUrl(import.meta.url, './worker-entry');
  if (entryUrl.endsWith('.js')) return new Worker(new URL(entryUrl), { workerData: start });
  // Not `tsx/esm/api`: require() resolves that to its CommonJS twin, which cannot register itself here.
  const tsx = join(dirname(createRequire(import.meta.url).resolve('tsx/package.json')), 'dist/esm/api/index.mjs');
  const boot = `
    const { pathToFileURL } = require('node:url');
    import(pathToFileURL(${JSON.stringify(tsx)}).href)
      .then(({ register }) => { register(); return import(${JSON.stringify(entryUrl)}); })
      .catch((error) => setImmediate(() => { throw error; }));`;
  return new Worker(boot, { eval: true, workerData: start });
}
