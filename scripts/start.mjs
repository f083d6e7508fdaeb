// npm start: builds what is missing or old, puts the samples into the folder of the index on the first start, serves. Clusters
// are somebody's: nothing is put into them unasked.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const cli = 'dist/cli/main.js';
const builtStamp = 'dist/.built';
const indexDir = process.env.CANDOR_INDEX_DIR || '.candor/index';
/** As in src/config.ts. */
const usesClusters =
  process.env.CANDOR_STORE !== 'embedded' &&
  ['ELASTICSEARCH_URL', 'ELASTICSEARCH_CLOUD_ID', 'QDRANT_URL'].some((name) => process.env[name]);
/** Stands beside the index while the samples go into it: what was interrupted is resumed. */
const unfinished = `${indexDir}.unfinished`;

function must(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

/** When anything under these paths was last changed, added or removed. */
function changedAt(...paths) {
  const all = paths.flatMap((path) => [
    path,
    ...(statSync(path).isDirectory() ? readdirSync(path, { recursive: true }).map((name) => join(path, name)) : []),
  ]);
  return Math.max(...all.map((path) => statSync(path).mtimeMs));
}

const isBuilt =
  existsSync(builtStamp) &&
  existsSync(cli) &&
  statSync(builtStamp).mtimeMs >= changedAt('src', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json');
if (!isBuilt) {
  console.log('Building the service …');
  const startedAt = new Date();
  rmSync('dist', { recursive: true, force: true });
  must(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
  writeFileSync(builtStamp, startedAt.toISOString());
}
must(process.execPath, ['scripts/build-web.mjs']);

if (usesClusters) console.log(`Serving what the clusters hold; to fill them: node ${cli} ingest PATH...`);
else if (!existsSync(indexDir) || existsSync(unfinished)) {
  console.log('Putting the sample corpus into the index …');
  mkdirSync(dirname(unfinished), { recursive: true });
  writeFileSync(unfinished, '');
  must(process.execPath, [cli, 'ingest', 'samples/corpus.jsonl.gz', '--index', indexDir]);
  rmSync(unfinished);
}

const server = spawn(process.execPath, [cli, 'serve', ...process.argv.slice(2)], { stdio: 'inherit' });
// Ctrl-C in a terminal reaches the service by itself; other signals come to this process alone.
process.on('SIGINT', () => process.stdin.isTTY || server.kill('SIGINT'));
process.on('SIGTERM', () => server.kill('SIGTERM'));
server.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
