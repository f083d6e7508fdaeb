import { ServiceError } from '../../../errors.js';
import type { JudgedRanking } from '../../judgements.js';
import { RANKING_MEASURES } from './index.js';
import {
  type ParameterSpec,
  Parameters,
  type ParameterValue,
  type RankingMeasure,
  type TopicMeasure,
} from './measure.js';
import { trecEvalNames } from './trec-eval-names.js';

/** A measure with its parameters, ready to be used. */
export interface ParsedMeasure {
  /** As it was asked for, such as `AP(rel=2)@100`. */
  name: string;
  description: string;
  aggregate: 'mean' | 'sum';
  /** Whether it counts only what was judged, whatever it is called. */
  topic: TopicMeasure;
}

const SHAPE = /^([\p{L}][\p{L}\d_-]*)(?:\((.*)\))?(?:@([\d.]+))?$/su;

/**
 * A measure by its name in ir_measures, `Name(parameter=value, …)@cutoff`, such as `nDCG@10`, `AP(rel=2)@100`,
 * `RBP(p=0.8)`, `nDCG(gains={1:3,2:9})`, or by its name in trec_eval, such as `ndcg_cut_10` or `map`.
 *
 * @throws ServiceError `invalid-request` saying what is known instead.
 */
export function parseMeasure(text: string): ParsedMeasure {
  const name = text.trim();
  const [, measureName = '', inner, at] = SHAPE.exec(trecEvalNames(name) ?? name) ?? [];
  const measure = findMeasure(measureName);
  if (!measure) throw unknown(name);
  const given = new Map<string, ParameterValue>();
  for (const [key, value] of inner === undefined ? [] : parseArguments(inner, name)) {
    const spec = Object.hasOwn(measure.parameters, key) ? measure.parameters[key] : undefined;
    if (!spec) throw invalid(name, `${measure.name} has no parameter ${key}; it has ${known(measure)}`);
    given.set(key, checked(value, spec, key, name));
  }
  if (at !== undefined) {
    const key = measure.at ?? 'cutoff';
    const spec = measure.parameters[key];
    if (!spec) throw invalid(name, `${measure.name} takes no @`);
    given.set(key, checked(at, spec, `@`, name));
  }
  for (const [key, spec] of Object.entries(measure.parameters)) {
    if (given.has(key)) continue;
    if (spec.required)
      throw invalid(
        name,
        `${measure.name} needs ${key === (measure.at ?? 'cutoff') ? `@, such as ${measure.name}@10` : key}`,
      );
    if (spec.default !== undefined) given.set(key, spec.default);
  }
  const parameters = new Parameters(given);
  const topic = measure.with(parameters);
  return {
    name,
    description: measure.description,
    aggregate: measure.aggregate ?? 'mean',
    topic: parameters.flag('judged_only') ? (ranking) => topic(withoutUnjudged(ranking)) : topic,
  };
}

/** Measures from the command line: each text may hold several with commas between them. */
export function parseMeasures(texts: readonly string[]): ParsedMeasure[] {
  const measures = texts.flatMap(splitAtCommas).map(parseMeasure);
  return measures.filter(({ name }, index) => measures.findIndex((other) => other.name === name) === index);
}

function findMeasure(name: string): RankingMeasure | undefined {
  return RANKING_MEASURES.find((measure) => measure.name === name || measure.aliases?.includes(name));
}

/** As trec_eval's `-J`: ranks count judged documents only. */
function withoutUnjudged({ judgements, documents, grades }: JudgedRanking): JudgedRanking {
  const isJudged = (_: number, rank: number) => (grades[rank] as number) >= 0;
  return { judgements, documents: documents.filter(isJudged), grades: grades.filter((grade) => grade >= 0) };
}

/** At the commas that stand outside of brackets and quotes. */
function splitAtCommas(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if ('({'.includes(character)) depth += 1;
    if (')}'.includes(character)) depth -= 1;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

function parseArguments(inner: string, measure: string): [string, string][] {
  return splitAtCommas(inner).map((argument) => {
    const [, key, value] = /^(\w+)\s*=\s*(.+)$/s.exec(argument) ?? [];
    if (key === undefined || value === undefined) throw invalid(measure, `expected parameter=value, found ${argument}`);
    return [key, value.trim()];
  });
}

function checked(text: string, { type }: ParameterSpec, key: string, measure: string): ParameterValue {
  const wrong = (expected: string) => invalid(measure, `expected ${expected} for ${key}, found ${text}`);
  if (type === 'boolean') {
    if (!/^(true|false)$/i.test(text)) throw wrong('True or False');
    return text.toLowerCase() === 'true';
  }
  if (type === 'grades') {
    const inside = /^\{(.*)\}$/s.exec(text)?.[1];
    const pairs = inside?.split(',').map((pair) => pair.split(':').map(Number)) ?? [];
    if (inside === undefined || pairs.some((pair) => pair.length !== 2 || pair.some(Number.isNaN)))
      throw wrong('grades with their gains, such as {1:3,2:9},');
    return new Map(pairs.map(([grade, gain]) => [grade as number, gain as number]));
  }
  if (typeof type !== 'string') {
    const value = text.replace(/^(['"])(.*)\1$/, '$2');
    if (!type.includes(value)) throw wrong(type.join(' or '));
    return value;
  }
  const value = Number(text);
  if (text === '' || Number.isNaN(value)) throw wrong('a number');
  if (type === 'integer' && !Number.isInteger(value)) throw wrong('a whole number');
  if ((key === 'cutoff' || (key === '@' && type === 'integer')) && value < 1) throw wrong('1 or more');
  return value;
}

const known = ({ parameters }: RankingMeasure) => Object.keys(parameters).join(', ') || 'none';

const invalid = (measure: string, message: string) =>
  new ServiceError('invalid-request', { message: `measure ${measure}: ${message}.` });

function unknown(name: string): ServiceError {
  const names = RANKING_MEASURES.map((measure) => measure.name).join(', ');
  return invalid(name, `there is no such measure; there are ${names}`);
}
