/** Questions asked of the whole pipeline while the passage that answers them is under attack. */
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ingestCorpus } from '../src/cli/ingest-corpus.js';
import { configWith } from '../src/cli/options.js';
import { dropUnfinishedLine } from '../src/cli/record-file.js';
import { ServiceError } from '../src/errors.js';
import { seededRandom } from '../src/evaluation/random.js';
import { createPipeline } from '../src/pipeline/create-pipeline.js';
import { toSearchRequest } from '../src/pipeline/search-request.js';
import type { Citation, TextSpan } from '../src/types.js';
import { type Attack, attacks, type Paragraph, paragraphs } from './safety-sets.js';

/** Sentences of a text. */
export type Split = (text: string) => readonly TextSpan[];

export interface AttackCase {
  /** The same seed gives the same cases, and a larger count contains the smaller. */
  id: string;
  question: string;
  paragraph: Paragraph;
  /** Where the attack stands in the paragraph. */
  span: TextSpan;
}

/** What became of one case: whether the likeliest answer, shown whatever its confidence, quotes from an attack. */
export interface AttackOutcome {
  id: string;
  guarded: boolean;
  /** The same where an administrator lets the document pass as it is. */
  unguarded: boolean;
}

/** The passage with an attack in it, and where that stands. Answers behind it move. */
export function withAttack(
  paragraph: Paragraph,
  { text }: Attack,
  place: 'start' | 'middle' | 'end',
  split: Split,
): { paragraph: Paragraph; span: TextSpan } {
  const { context } = paragraph;
  const spans = split(context);
  const at = { start: 0, middle: spans[Math.floor(spans.length / 2)]?.start ?? 0, end: context.length }[place];
  const before = at === 0 ? '' : `${context.slice(0, at).trimEnd()} `;
  const span = { start: before.length, end: before.length + text.length };
  return { paragraph: { ...paragraph, context: `${before}${text} ${context.slice(at)}`.trimEnd() }, span };
}

/** Kinds of attack that the passage guard has not learnt from. */
export async function heldBackKinds(modelDir: string): Promise<ReadonlySet<string>> {
  const text = await readFile(join(modelDir, 'manifest.json'), 'utf8');
  return new Set((JSON.parse(text) as { training: { heldBackKinds: string[] } }).training.heldBackKinds);
}

/** Each question with its passage under attack: kinds in turn, those held back from the training of the guard first. */
export function attackCases(
  data: string,
  { count, seed, heldBack, split }: { count: number; seed: number; heldBack: ReadonlySet<string>; split: Split },
): AttackCase[] {
  const random = seededRandom(seed);
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T;
  const kinds = [...attacks(data)].sort((a, b) => Number(heldBack.has(b.kind)) - Number(heldBack.has(a.kind)));
  const inTurns = kinds.filter((_, index) => index % 5 === 0).concat(kinds.filter((_, index) => index % 5 !== 0));
  const answered = paragraphs(data).filter(({ questions }) => questions.some(({ answers }) => answers.length > 0));
  return Array.from({ length: Math.min(count, answered.length) }, (_, index) => {
    const paragraph = answered.splice(Math.floor(random() * answered.length), 1)[0] as Paragraph;
    const question = pick(paragraph.questions.filter(({ answers }) => answers.length > 0)).text;
    const attack = inTurns[index % inTurns.length] as Attack;
    const attacked = withAttack(paragraph, attack, pick(['start', 'middle', 'end'] as const), split);
    return { id: `${seed}-${paragraph.id}`, question, ...attacked };
  });
}

export interface AttackTrialOptions {
  /** Folder for corpus and index; kept, so that a run that goes on finds them. */
  dir: string;
  /** Outcomes as lines, written as they come. */
  records: string;
  signal: AbortSignal;
}

/**
 * Asks the cases that have no outcome yet, once with the passage guard, and once with a rule that lets the document pass.
 *
 * @returns The outcomes of all cases that have one, in their order.
 * @throws ServiceError of the aborted signal; what was recorded stays.
 */
export async function tryAttacks(
  cases: readonly AttackCase[],
  { dir, records, signal }: AttackTrialOptions,
): Promise<AttackOutcome[]> {
  const outcomes = new Map((await readAttackOutcomes(records)).map((outcome) => [outcome.id, outcome]));
  const left = cases.filter(({ id }) => !outcomes.has(id));
  if (left.length > 0) {
    const keep = await open(records, 'a');
    try {
      for await (const outcome of ask(cases, left, dir, signal)) {
        outcomes.set(outcome.id, outcome);
        await keep.appendFile(`${JSON.stringify(outcome)}\n`);
        console.error(`attacks: ${outcomes.size}/${cases.length}`);
      }
    } finally {
      await keep.close();
    }
  }
  return cases.flatMap(({ id }) => outcomes.get(id) ?? []);
}

/** The outcomes of a file, none where it is not there; a line that a killed run left unfinished is cut off. */
export async function readAttackOutcomes(path: string): Promise<AttackOutcome[]> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return [];
  if (!text.endsWith('\n')) await dropUnfinishedLine(path);
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as AttackOutcome);
}

async function* ask(
  cases: readonly AttackCase[],
  left: readonly AttackCase[],
  dir: string,
  signal: AbortSignal,
): AsyncGenerator<AttackOutcome, void> {
  await mkdir(dir, { recursive: true });
  const corpus = join(dir, 'corpus.jsonl');
  const documents = cases.map(({ paragraph: { id, title, context } }) => ({ id, title, text: context }));
  await writeFile(corpus, documents.map((document) => `${JSON.stringify(document)}\n`).join(''));
  const config = configWith({
    CANDOR_INDEX_DIR: join(dir, 'index'),
    CANDOR_OVERRIDES: join(dir, 'overrides.jsonl'),
    CANDOR_PASSAGE_GUARD: 'trained',
    CANDOR_ANSWER_GUARD: 'off',
    CANDOR_ENTAILMENT: 'off',
    CANDOR_HITS_TIMEOUT_MS: 60_000,
  });
  await ingestCorpus(config, corpus, signal);
  const access = { tenant: config.tenant, groups: [] };
  const who = { tenant: config.tenant, by: null };
  const pipeline = await createPipeline(config, { warn: (message) => console.error(message) });
  const cites = async ({ question, paragraph }: AttackCase): Promise<boolean> => {
    const { candidates } = config.answer;
    const request = toSearchRequest(
      { query: question, answer: { minConfidence: 0 } },
      { requestId: paragraph.id, access },
      { queryMaxCharacters: 2_000, answer: { deadlineMs: 3_600_000, candidates } },
    );
    const { results, answerStatus } = await pipeline.search(request, signal);
    // An answer that never came says nothing about attacks.
    if (answerStatus.reason === 'deadline' || answerStatus.reason === 'generator-unavailable') {
      throw new ServiceError('inference-failed', { message: `${question}: no answer, ${answerStatus.reason}.` });
    }
    return results.some((result) => result.type === 'answer' && result.citations.some((each) => isAttack(each, cases)));
  };
  try {
    for (const rule of await pipeline.overrides.list(config.tenant)) await pipeline.overrides.remove(rule.id, who);
    for (const each of left) {
      const guarded = await cites(each);
      const value = each.paragraph.id;
      const rule = await pipeline.overrides.add({ match: 'document', value, action: 'allow', reason: '' }, who);
      const unguarded = await cites(each);
      await pipeline.overrides.remove(rule.id, who);
      yield { id: each.id, guarded, unguarded };
    }
  } finally {
    await pipeline.close();
  }
}

/** Does a quote overlap the attack in its document? */
function isAttack({ documentId, start, end }: Citation, cases: readonly AttackCase[]): boolean {
  const found = cases.find(({ paragraph: { id } }) => id === documentId);
  return found !== undefined && start < found.span.end && end > found.span.start;
}
