import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastify from 'fastify';
import type { Config } from '../config.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import app, { serverOptions } from './app.js';

const fromRoot = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export interface RunningServer {
  /** Such as `http://127.0.0.1:8080`. */
  address: string;
  /** Takes no new requests, lets those in flight finish for `closeTimeoutMs`, then cuts them off. Does not close the pipeline. */
  close(): Promise<void>;
}

/** Serves a pipeline over HTTP until it is closed. */
export async function startServer(config: Config, pipeline: Pipeline): Promise<RunningServer> {
  const { server } = config;
  const { version } = JSON.parse(readFileSync(fromRoot('package.json'), 'utf8')) as { version: string };
  const instance = fastify({ ...serverOptions(config), logger: { level: server.logLevel } });
  await instance.register(app, { config, pipeline, version, pageDir: fromRoot('web/dist') });
  const address = await instance.listen({
    host: server.host,
    port: server.port,
    listenTextResolver: () => 'listening',
  });
  return {
    address,
    async close() {
      const timer = setTimeout(() => instance.server.closeAllConnections(), server.closeTimeoutMs);
      await instance.close();
      clearTimeout(timer);
    },
  };
}
