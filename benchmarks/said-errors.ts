/** Imported first by a script: what goes wrong is said in one message, as the terminal commands do, and not as a stack. */
import { reportError } from '../src/cli/report-error.js';

process.on('uncaughtException', (error) => {
  process.exit(reportError(error, (text) => console.error(text), process.env.CANDOR_LOG_LEVEL));
});
