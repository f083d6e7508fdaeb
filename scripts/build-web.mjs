// Builds the pages into web/dist, unless what is there was built from the same files.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

process.chdir(new URL('..', import.meta.url).pathname);
const stampPath = 'web/dist/built-from.txt';

/** A digest of names and contents of everything the pages are made from. */
function digestOfSources() {
  const paths = readdirSync('web', { recursive: true })
    .map((path) => join('web', path))
    .filter((path) => !path.startsWith(join('web', 'dist')) && statSync(path).isFile());
  const digest = createHash('sha256');
  for (const path of [...paths, 'package-lock.json', 'scripts/build-web.mjs'].sort()) {
    if (existsSync(path)) digest.update(`${path}\n`).update(readFileSync(path));
  }
  return digest.digest('hex');
}

// An installed package carries web/dist only.
if (existsSync('web/vite.config.ts')) {
  const digest = digestOfSources();
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === digest) {
    console.log('web/dist is up to date');
  } else {
    const { build } = await import('vite');
    await build({ root: 'web', configFile: 'web/vite.config.ts', logLevel: 'warn' });
    writeFileSync(stampPath, digest);
    console.log('web/dist built');
  }
}
