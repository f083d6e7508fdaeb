#!/usr/bin/env node
import { createProgram } from './program.js';
import { reportError } from './report-error.js';

// A reader that has seen enough (`candor search … | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = reportError(error, (text) => console.error(text), process.env.CANDOR_LOG_LEVEL);
}
