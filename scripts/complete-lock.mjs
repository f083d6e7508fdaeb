// After `npm install`: adds to package-lock.json the packages for other platforms that npm left out because it could
// not see them, so that `npm ci` works everywhere. They get a version and no hash. Run: npm run lock
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));
const platform = /-(darwin|linux|win32|android)-(x64|arm64)(?:-(gnu|musl|msvc))?$/;
const added = [];

for (const { optionalDependencies = {}, dev } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const key = `node_modules/${name}`;
    const [, os, cpu, abi] = platform.exec(name) ?? [];
    if (lock.packages[key] || !os) continue;
    const libc = { gnu: ['glibc'], musl: ['musl'] }[abi];
    lock.packages[key] = { version, cpu: [cpu], ...(dev && { dev }), ...(libc && { libc }), optional: true, os: [os] };
    added.push(name);
  }
}

const inOrder = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(inOrder) }, null, 2)}\n`);
console.log(added.length > 0 ? `added ${added.join(', ')}` : 'nothing to add');
