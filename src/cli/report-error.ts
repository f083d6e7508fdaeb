import { CommanderError } from 'commander';
import { ServiceError } from '../errors.js';

/** 1: it did not work. 2: it was asked for in a wrong way. 130: withdrawn with Ctrl-C. */
export type ExitCode = 0 | 1 | 2 | 130;

const USAGE = new Set(['invalid-config', 'invalid-request', 'empty-query', 'query-too-long']);

/**
 * Says in one message what went wrong. The stack is for whoever asks for it with `CANDOR_LOG_LEVEL=debug`.
 *
 * @returns The exit code of the process.
 */
export function reportError(error: unknown, write: (text: string) => void, logLevel?: string): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // Commander has said it already.
  const code = error instanceof ServiceError ? error.code : 'internal';
  write(`candor: ${error instanceof Error ? error.message : String(error)}`);
  if (logLevel === 'debug' || logLevel === 'trace') write(withCauses(error));
  else if (code === 'internal') write('candor: set CANDOR_LOG_LEVEL=debug to see where.');
  if (code === 'cancelled') return 130;
  return USAGE.has(code) ? 2 : 1;
}

function withCauses(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by: ${withCauses(error.cause)}`;
}
