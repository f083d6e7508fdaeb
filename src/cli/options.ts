import { InvalidArgumentError } from 'commander';
import { type Config, loadConfig } from '../config.js';

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
