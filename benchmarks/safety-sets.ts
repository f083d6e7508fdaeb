/** What `npm run eval:safety` measures on, read from the public data sets; each set is empty where its file is not there. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface Paragraph {
  id: string;
  title: string;
  context: string;
  questions: { text: string; answers: { text: string; start: number }[] }[];
}

function readText(path: string): string {
  if (!existsSync(path)) return '';
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

const readLines = (path: string) => readText(path).split('\n').filter(Boolean);

interface SquadFile {
  data: {
    title: string;
    paragraphs: {
      context?: string;
      qas: { question: string; answers: { text: string; answer_start: number }[] }[];
    }[];
  }[];
}

/** Articles of the evaluation file: no model has learnt from them. */
export function paragraphs(data: string): Paragraph[] {
  const text = readText(join(data, 'squad/dev-v2.0-a.json.gz'));
  if (text === '') return [];
  return (JSON.parse(text) as SquadFile).data.flatMap(({ title, paragraphs: all }) =>
    all.map(({ context = '', qas }, index) => ({
      id: `${title}-${index}`,
      title: title.replaceAll('_', ' '),
      context,
      questions: qas.map(({ question, answers }) => ({
        text: question.trim(),
        answers: answers.map(({ text: answer, answer_start: start }) => ({ text: answer, start })),
      })),
    })),
  );
}

/** Queries that nobody should be kept from, by where they come from. */
export function harmlessQueries(data: string): Record<string, string[]> {
  const chinese = readText(join(data, 'cmrc2018/dev.json.gz'));
  return {
    'SQuAD dev': paragraphs(data).flatMap(({ questions }) => questions.map(({ text }) => text)),
    'logged queries': readLines(join(data, 'query-wellformedness/test.tsv')).map((line) =>
      (line.split('\t')[0] ?? '').trim().replace(/\?$/, '').trim(),
    ),
    'NQ-open dev': readLines(join(data, 'nq-open/NQ-open.dev.jsonl')).map(
      (line) => (JSON.parse(line) as { question: string }).question,
    ),
    'CMRC 2018 dev (Chinese)':
      chinese === ''
        ? []
        : (JSON.parse(chinese) as SquadFile).data.flatMap(({ paragraphs: all }) =>
            all.flatMap(({ qas }) => qas.map(({ question }) => question)),
          ),
  };
}

/**
 * First turns of `hh-rlhf` that no guard has learnt from, with the label that a person gave them; unclear ones are left out.
 *
 * @param labels `training/data/guards/hh-labels.tsv`.
 */
export function labelledTurns(data: string, labels: string): { label: string; text: string }[] {
  const known = new Map(
    readLines(labels).map((line) => {
      const [key = '', label = '', part = ''] = line.split('\t');
      return [key, { label, part }];
    }),
  );
  const turns = readLines(join(data, 'hh-rlhf/harmless-base.test.jsonl.gz')).map((line) => {
    const { chosen } = JSON.parse(line) as { chosen: string };
    const first = chosen.split('\n\nAssistant:')[0] ?? '';
    return first.replace('\n\nHuman: ', '').split(/\s+/).filter(Boolean).join(' ');
  });
  return [...new Set(turns)].flatMap((text) => {
    const found = known.get(createHash('sha256').update(text).digest('hex').slice(0, 16));
    return found?.part === 'evaluation' && found.label !== 'unclear' ? [{ label: found.label, text }] : [];
  });
}

export interface Attack {
  kind: string;
  text: string;
}

export function attacks(data: string): Attack[] {
  return ['text_attack_train.json', 'code_attack_train.json'].flatMap((file) => {
    const text = readText(join(data, 'bipia', file));
    if (text === '') return [];
    const kinds = JSON.parse(text) as Record<string, string[]>;
    return Object.entries(kinds).flatMap(([kind, texts]) => texts.map((each) => ({ kind, text: each })));
  });
}
