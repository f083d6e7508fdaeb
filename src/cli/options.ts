import { type Command, InvalidArgumentError } from 'commander';
import { type Config, loadConfig } from '../config.js';
import { type ChunkingOptions, DEFAULT_CHUNKING } from '../retrieval/chunking.js';

/** The settings of the environment, with those that the command line names. */
export function configWith(overrides: Readonly<Record<string, string | number | undefined>>): Config {
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
  return loadConfig({ ...process.env, ...Object.fromEntries(given.map(([name, value]) => [name, String(value)])) });
}

/** A parser for an option that is a number within limits. */
export function numberOption(low: number, high: number, { whole = true } = {}) {
  return (text: string): number => {
    const value = Number(text);
    const fits = text.trim() !== '' && value >= low && value <= high && (!whole || Number.isInteger(value));
    if (!fits) throw new InvalidArgumentError(`Expected a ${whole ? 'whole ' : ''}number from ${low} to ${high}.`);
    return value;
  };
}

/** As the options of `addChunkingOptions` are called by commander. */
export interface ChunkingFlags {
  passageWords?: number;
  overlapWords?: number;
}

/** `--passage-words` and `--overlap-words`. */
export function addChunkingOptions(command: Command): Command {
  const { targetWords, maxWords, overlapWords } = DEFAULT_CHUNKING;
  const fallback = (words?: number) => `(default: ${words}; of an index that is read or rebuilt, as there)`;
  return command
    .option(
      '--passage-words <n>',
      `words a passage should have, 20 to ${maxWords} ${fallback(targetWords)}`,
      numberOption(20, maxWords),
    )
    .option(
      '--overlap-words <n>',
      `sentences that a passage repeats of the one before, in words at most, 0 to 80 ${fallback(overlapWords)}`,
      numberOption(0, 80),
    );
}

/** Only what the command line names. */
export const chunkingOf = ({ passageWords, overlapWords }: ChunkingFlags): Partial<ChunkingOptions> => ({
  ...(passageWords !== undefined && { targetWords: passageWords }),
  ...(overlapWords !== undefined && { overlapWords }),
});
