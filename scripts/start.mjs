// npm start: builds what is missing, fills the index on the first start, serves.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

process.chdir(new URL('..', import.meta.url).pathname);
const cli = 'dist/cli/main.js';
const indexDir = process.env.CANDOR_INDEX_DIR || '.candor/index';

function must(command, args) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

if (!existsSync(cli)) {
  console.log('Building …');
  must('npm', ['run', '--silent', 'build']);
}
if (!existsSync(indexDir)) must(process.execPath, [cli, 'ingest', 'samples']);

const server = spawn(process.execPath, [cli, 'serve'], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill(signal));
server.on('exit', (code) => process.exit(code ?? 1));
