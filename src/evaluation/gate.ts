import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { prettifyError, z } from 'zod';
import { ServiceError } from '../errors.js';

const gateSchema = z
  .strictObject({
    /** Such as `f1`, `slices.language.zh.f1`, `latencyMs.total.p95`. */
    figure: z.string().min(1),
    min: z.number().optional(),
    max: z.number().optional(),
    /** Most that the figure may fall below the baseline's. */
    maxDrop: z.number().nonnegative().optional(),
    /** Most that the figure may rise above the baseline's. */
    maxRise: z.number().nonnegative().optional(),
    /** Which end of the 95 % interval is held against `min` and `max`. */
    bound: z.enum(['value', 'low', 'high']).default('value'),
  })
  .refine(({ min, max, maxDrop, maxRise }) => [min, max, maxDrop, maxRise].some((limit) => limit !== undefined), {
    error: 'expected min, max, maxDrop or maxRise',
  });

const fileSchema = z
  .strictObject({
    /** Figures of an earlier `--json`, for `maxDrop` and `maxRise`; the path counts from this file. */
    baseline: z.string().min(1).optional(),
    gates: z.array(gateSchema).min(1),
  })
  .refine(
    ({ baseline, gates }) =>
      baseline !== undefined || gates.every(({ maxDrop, maxRise }) => (maxDrop ?? maxRise) === undefined),
    { error: 'maxDrop and maxRise need `baseline: FILE`' },
  );

export type Gate = z.output<typeof gateSchema>;

export interface GateFile {
  path: string;
  gates: Gate[];
  /** Figures of the earlier run; `null` without one. */
  baseline: unknown;
}

export interface GateVerdict {
  passed: boolean;
  /** One line that says what was expected and what was found. */
  message: string;
}

/** @throws ServiceError naming the file, the field and what was expected. */
export async function readGate(path: string): Promise<GateFile> {
  const parsed = fileSchema.safeParse(await readData(path, parse, 'the gates', 'YAML'));
  if (!parsed.success) throw wrong(`${path}: ${prettifyError(parsed.error)}`, parsed.error);
  const { baseline, gates } = parsed.data;
  if (baseline === undefined) return { path, gates, baseline: null };
  const at = resolve(dirname(path), baseline);
  return { path, gates, baseline: await readData(at, JSON.parse, 'the baseline of the gates', 'JSON') };
}

/**
 * Holds a report against the gates. A figure that is not defined fails: a precision of nothing is no precision.
 *
 * @throws ServiceError when a report can never have the figure, naming those that it has.
 */
export function checkGates({ path, gates, baseline }: GateFile, report: unknown): GateVerdict[] {
  return gates.flatMap((gate) => {
    const found = figureOf(report, gate.figure, path);
    const verdicts: GateVerdict[] = [];
    const check = (value: number | null, holds: (value: number) => boolean, expected: string) =>
      verdicts.push({
        passed: value !== null && holds(value),
        message: `${gate.figure}: expected ${expected}, found ${value === null ? 'no value (nothing defines it)' : show(value)}`,
      });
    const { min, max, maxDrop, maxRise, bound } = gate;
    const ofBound = bound === 'value' ? '' : ` for the ${bound} end of its interval`;
    if (min !== undefined) check(found[bound], (value) => value >= min, `at least ${min}${ofBound}`);
    if (max !== undefined) check(found[bound], (value) => value <= max, `at most ${max}${ofBound}`);
    if (maxDrop === undefined && maxRise === undefined) return verdicts;
    const before = figureOf(baseline, gate.figure, `baseline of ${path}`).value;
    if (before === null) {
      const message = `${gate.figure}: the baseline has no value to compare with`;
      return [...verdicts, { passed: false, message }];
    }
    // The tolerance is for differences of decimal fractions.
    if (maxDrop !== undefined)
      check(found.value, (value) => before - value <= maxDrop + 1e-12, `at most ${maxDrop} below ${show(before)}`);
    if (maxRise !== undefined)
      check(found.value, (value) => value - before <= maxRise + 1e-12, `at most ${maxRise} above ${show(before)}`);
    return verdicts;
  });
}

type Figure = Record<Gate['bound'], number | null>;

function figureOf(report: unknown, name: string, source: string): Figure {
  const figures = flatten(report);
  const figure = figures.get(name) ?? figures.get(`metrics.${name}`);
  if (figure) return figure;
  const known = [...figures.keys()]
    .map((key) => key.replace(/^metrics\./, ''))
    .filter((key) => !key.startsWith('slices.'));
  throw wrong(
    `${source}: there is no figure ${name}. Known: ${known.join(', ')}, slices.<kind|language>.<name>.<figure>`,
  );
}

/** Estimates and numbers of a report by their path; the `metrics` of a slice are left out of its path. */
function flatten(value: unknown, path = '', into = new Map<string, Figure>()): Map<string, Figure> {
  if (typeof value === 'number') into.set(path, { value, low: null, high: null });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return into;
  if ('value' in value && 'low' in value && 'high' in value) return into.set(path, value as Figure);
  for (const [key, part] of Object.entries(value)) {
    const below = key === 'metrics' && path.startsWith('slices.') ? path : path === '' ? key : `${path}.${key}`;
    flatten(part, below, into);
  }
  return into;
}

async function readData(path: string, read: (text: string) => unknown, what: string, format: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ServiceError('not-found', { message: `${path}: expected ${what}, found no file.`, cause });
  });
  try {
    return read(text);
  } catch (cause) {
    throw wrong(`${path}: expected ${format}. ${cause instanceof Error ? cause.message : ''}`, cause);
  }
}

const wrong = (message: string, cause?: unknown) => new ServiceError('invalid-request', { message, cause });
const show = (value: number) => String(Math.round(value * 10_000) / 10_000);
