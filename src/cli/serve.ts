import type { Command } from 'commander';
import { indexPlace } from '../config.js';
import { configWith, numberOption } from './options.js';

interface ServeOptions {
  host?: string;
  port?: number;
  index?: string;
}

/** `candor serve`: the service, until SIGINT or SIGTERM. */
export function registerServe(program: Command): void {
  program
    .command('serve')
    .description('serve the search page and the API')
    .option('--host <address>', 'address to listen on (CANDOR_HOST)')
    .option('--port <n>', 'port to listen on, 0 = any free one (CANDOR_PORT)', numberOption(0, 65_535))
    .option('--index <dir>', 'index to serve (CANDOR_INDEX_DIR)')
    .addHelpText(
      'after',
      `
Examples:
  $ candor serve
  $ candor serve --port 9000 --index /srv/candor/index
  $ CANDOR_LOG_LEVEL=warn candor serve --host 0.0.0.0
  $ ELASTICSEARCH_URL=http://127.0.0.1:9200 QDRANT_URL=http://127.0.0.1:6333 candor serve

Every setting is an environment variable; .env.example lists them.`,
    )
    .action(serve);
}

async function serve(options: ServeOptions): Promise<void> {
  const config = configWith({
    CANDOR_HOST: options.host,
    CANDOR_PORT: options.port,
    CANDOR_INDEX_DIR: options.index,
  });
  // Here, because help and usage errors need neither HTTP nor models.
  const { startServer } = await import('../api/server.js');
  const { createPipeline } = await import('../pipeline/create-pipeline.js');
  const { warmUp } = await import('./warm-up.js');
  // From now on: a signal that comes while models are loading ends the process when they are there.
  const stopped = stopSignal();
  const pipeline = await createPipeline(config, { warn: (message) => console.error(message) });
  try {
    await warmUp(pipeline, config);
    const server = await startServer(config, pipeline);
    console.log(`Passages: ${indexPlace(config)}`);
    console.log(welcome(server.address, config.server.apiKeys.length > 0));
    await stopped;
    console.log('Closing …');
    await server.close();
  } finally {
    await pipeline.close();
  }
}

const welcome = (address: string, needsKey: boolean) => `
Candor is ready: ${address}/  (API: ${address}/docs)
Try:

  curl -s ${address}/v1/search ${needsKey ? '-H "authorization: Bearer $KEY" ' : ''}-H 'content-type: application/json' -d '{"query": "Who invented the piano?"}'
`;

/** Resolves at the first signal; a second one ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    const onSignal = () => {
      count += 1;
      if (count > 1) process.exit(130);
      resolve();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}
