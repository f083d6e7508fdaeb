import { z } from 'zod';
import { balancedCredit, type Credit, type Team, teamDraftCredit } from '../counterfactual/interleaving.js';
import { ServiceError } from '../errors.js';
import { readJsonLines } from './json-lines.js';

const probability = z.number().min(0).max(1);
/** One number, or one for each policy by its name. */
const byPolicy = <T extends z.ZodType>(value: T) => z.union([value, z.record(z.string(), value)]);

const decisionSchema = z.object({
  reward: z.number(),
  propensity: z.number().positive().max(1),
  target: byPolicy(probability),
  predicted: z.number().optional(),
  predictedTarget: byPolicy(z.number()).optional(),
  cluster: z.string().optional(),
});

/** Documents by id, or by place from 0. */
const clicked = z.array(z.union([z.string(), z.int().nonnegative()]));

const pageSchema = z.object({
  query: z.string(),
  shown: z.array(z.string()).min(1),
  clicked,
  predicted: z.record(z.string(), probability).optional(),
  cluster: z.string().optional(),
});

const interleavedSchema = z.discriminatedUnion('interleaving', [
  z.object({
    interleaving: z.literal('team-draft'),
    shown: z.array(z.string()).min(1),
    teams: z.array(z.enum(['a', 'b']).nullable()),
    clicked,
    cluster: z.string().optional(),
  }),
  z.object({
    interleaving: z.literal('balanced'),
    shown: z.array(z.string()).min(1),
    a: z.array(z.string()),
    b: z.array(z.string()),
    clicked,
    cluster: z.string().optional(),
  }),
]);

export type DecisionLine = z.output<typeof decisionSchema>;
export type PageLine = z.output<typeof pageSchema>;
type InterleavedLine = z.output<typeof interleavedSchema>;

/** A log of one kind. */
export type ReadLog =
  | { kind: 'decisions'; lines: DecisionLine[] }
  | { kind: 'pages'; lines: PageLine[] }
  | { kind: 'interleaved'; credits: Credit[]; clusters: string[] | undefined };

const SCHEMAS = { decisions: decisionSchema, pages: pageSchema, interleaved: interleavedSchema };

type Line = { kind: ReadLog['kind']; line: DecisionLine | PageLine | InterleavedLine };

const lineSchema = z.unknown().transform((value, context): Line => {
  const has = (field: string) => typeof value === 'object' && value !== null && field in value;
  const kind = has('interleaving') ? 'interleaved' : has('propensity') ? 'decisions' : has('shown') ? 'pages' : null;
  if (kind === null) {
    context.addIssue({ code: 'custom', message: 'expected "propensity", "shown" or "interleaving"' });
    return z.NEVER;
  }
  const parsed = SCHEMAS[kind].safeParse(value);
  if (parsed.success) return { kind, line: parsed.data };
  context.issues.push(...parsed.error.issues.map((issue) => ({ ...issue, input: undefined, code: 'custom' as const })));
  return z.NEVER;
});

/**
 * Reads a log of one kind, told by its fields: decisions with their propensities, pages of hits with their clicks, or
 * interleaved pages. `docs/evaluation.md` describes the lines.
 *
 * @throws ServiceError naming file and line, also for a log of two kinds or an empty one.
 */
export async function readLog(path: string): Promise<ReadLog> {
  const lines: (DecisionLine | PageLine | InterleavedLine)[] = [];
  let kind: ReadLog['kind'] | undefined;
  for await (const each of readJsonLines(path, lineSchema, 'log')) {
    kind ??= each.kind;
    if (kind !== each.kind) throw invalid(`${path}: expected lines of one kind, found ${kind} and ${each.kind}.`);
    lines.push(each.line);
  }
  if (kind === undefined) throw invalid(`${path}: there is no line in it.`);
  if (kind === 'decisions') return { kind, lines: lines as DecisionLine[] };
  if (kind === 'pages') return { kind, lines: lines as PageLine[] };
  const interleaved = lines as InterleavedLine[];
  const clustered = interleaved.filter(({ cluster }) => cluster !== undefined).length;
  if (clustered !== 0 && clustered !== lines.length)
    throw invalid(`${path}: expected "cluster" on every line or on none, found it on ${clustered} of ${lines.length}.`);
  return {
    kind,
    credits: interleaved.map((line) => creditOf(line)),
    clusters: clustered === 0 ? undefined : interleaved.map(({ cluster = '' }) => cluster),
  };
}

function creditOf(line: InterleavedLine): Credit {
  const places = clickedPlaces(line);
  if (line.interleaving === 'balanced') return balancedCredit(line.a, line.b, line.shown, places);
  return teamDraftCredit(line.teams satisfies (Team | null)[], places);
}

/** Places from 0; clicks on what was not shown are left out. */
export const clickedPlaces = ({ shown, clicked: clicks }: Pick<PageLine, 'shown' | 'clicked'>): number[] =>
  clicks
    .map((click) => (typeof click === 'number' ? click : shown.indexOf(click)))
    .filter((place) => place >= 0 && place < shown.length);

const invalid = (message: string) => new ServiceError('invalid-request', { message });
