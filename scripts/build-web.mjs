// Builds the pages into web/dist when there are any.
import { existsSync } from 'node:fs';

if (existsSync('web/vite.config.ts')) {
  const { build } = await import('vite');
  await build({ root: 'web', configFile: 'web/vite.config.ts', logLevel: 'warn' });
}
