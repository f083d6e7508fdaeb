import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // Browser and server tests have their own conditions; scripts/test.mjs adds them when these are met.
    exclude: ['tests/browser/**', 'tests/integration/**', 'node_modules/**'],
    // Model tests start worker threads of their own; processes keep native modules apart.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    setupFiles: ['tests/setup/property-seed.ts'],
    // They bring their own index: servers that are there for the integration tests are none of theirs.
    env: { ELASTICSEARCH_URL: '', QDRANT_URL: '' },
    coverage: { provider: 'v8', include: ['src/**'], reporter: ['text-summary', 'lcov'] },
  },
});
