#!/usr/bin/env node
// Turns CLAP NQ and QuoteSum into open-domain question sets for `candor eval answers` and `npm run eval:trust`: one corpus
// that holds the passages of both and distractors, and a question file for each. Both are for evaluation only.
// The functions are pure; only main() reads and writes files. See benchmarks/README.md for the definitions.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { articlesOfSplit, readArticles, seededSample, toDocumentsAndQuestions, toJsonLines } from './squad-sets.mjs';

const shortHash = (text) => createHash('sha256').update(text).digest('hex').slice(0, 12);

const toDocument = (source, title, text) => ({
  id: `${source}-${shortHash(`${title}\n${text}`)}`,
  url: '',
  title,
  text,
  language: 'en',
  metadata: { source },
});

/** Each text once, whoever asks about it. */
const distinct = (documents) => [...new Map(documents.map((document) => [document.id, document])).values()];

/**
 * CLAP NQ: answers of a few sentences from one passage. A short answer cannot equal those, so each question carries the
 * sentences that its annotators chose: an answer is right when it quotes one of them.
 *
 * @param rows Lines of the answerable and the unanswerable file.
 */
export function clapnqSet(rows) {
  const documents = [];
  const questions = rows.map(({ id, input, passages, output }) => {
    const document = toDocument('clapnq', passages[0].title, passages[0].text.trim());
    documents.push(document);
    const given = output.filter(({ answer, meta }) => answer.trim() !== '' && meta?.skip !== true);
    const answerable = given.length > 0;
    const sentences = given.flatMap((one) => one.selected_sentences.map((text) => text.trim())).filter(Boolean);
    return {
      id,
      question: input.trim(),
      answers: [...new Set(given.map(({ answer }) => answer.trim()))],
      answerable,
      ...(answerable && {
        documentIds: [document.id],
        ...(sentences.length > 0 && { supportingSentences: [...new Set(sentences)] }),
      }),
      language: 'en',
      kind: answerable ? 'answerable' : 'unanswerable',
    };
  });
  return { documents: distinct(documents), questions };
}

/** QuoteSum: questions of several readings, each with a short answer in a source of its own. Any of them is right. */
export function quotesumSet(rows) {
  const byQuestion = new Map();
  for (const row of rows) if (!byQuestion.has(row.qid)) byQuestion.set(row.qid, row);
  const documents = [];
  const questions = [...byQuestion.values()].map((row) => {
    const sources = [1, 2, 3, 4, 5, 6, 7, 8].filter((n) => (row[`source${n}`] ?? '').trim() !== '');
    const own = sources.map((n) => toDocument('quotesum', row[`title${n}`].trim(), row[`source${n}`].trim()));
    documents.push(...own);
    const answers = sources.map((n) => row[`short_ans_${n}`].trim()).filter((text) => text !== '');
    return {
      id: row.qid,
      question: row.question.trim(),
      answers: [...new Set(answers)],
      answerable: true,
      documentIds: [...new Set(own.map(({ id }) => id))],
      language: 'en',
      kind: 'answerable',
    };
  });
  return { documents: distinct(documents), questions };
}

const USAGE = `Usage: node benchmarks/cited-sets.mjs [options]

Writes corpus.cited.jsonl.gz, questions.clapnq.jsonl.gz and questions.quotesum.jsonl.gz.

  --data DIR         folder with clapnq/, quotesum/ and squad/ (default ../shared/data)
  --out DIR          where the sets go (default benchmarks/sets)
  --seed N           which distractors are taken (default 1)
  --distractors N    passages of SQuAD's train file added to the corpus (default 5000)
  --help             this text
`;

const FILES = [
  'clapnq/dev_answerable_a.jsonl.gz',
  'clapnq/dev_unanswerable_a.jsonl.gz',
  'quotesum/v1/dev.jsonl.gz',
  'squad/train-v1.1.json.gz',
];

const readLines = (path) =>
  gunzipSync(readFileSync(path))
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

function main() {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: '../shared/data' },
      out: { type: 'string', default: 'benchmarks/sets' },
      seed: { type: 'string', default: '1' },
      distractors: { type: 'string', default: '5000' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return process.stdout.write(USAGE);
  const count = Number(values.distractors);
  if (!Number.isInteger(count) || count < 0)
    return fail(`--distractors: expected a whole number, got "${values.distractors}"`);
  const paths = FILES.map((file) => join(values.data, file));
  const missing = paths.find((path) => !existsSync(path));
  if (missing) return fail(`${missing} is not there. Name the folder of the data sets with --data DIR.`);
  const [answerable, unanswerable, quoted] = paths.slice(0, 3).map(readLines);
  const clapnq = clapnqSet([...answerable, ...unanswerable]);
  const quotesum = quotesumSet(quoted);
  const train = articlesOfSplit(readArticles(paths[3]), 'train');
  const distractors = seededSample(toDocumentsAndQuestions(train, 'squad-train').documents, count, values.seed);
  const corpus = distinct([...clapnq.documents, ...quotesum.documents, ...distractors]);
  mkdirSync(values.out, { recursive: true });
  const write = (name, lines) =>
    writeFileSync(join(values.out, `${name}.jsonl.gz`), gzipSync(toJsonLines(lines), { level: 9 }));
  write('corpus.cited', corpus);
  write('questions.clapnq', clapnq.questions);
  write('questions.quotesum', quotesum.questions);
  console.log(
    `${corpus.length} passages (${distractors.length} distractors); clapnq ${clapnq.questions.length} questions ` +
      `(${clapnq.questions.filter((one) => one.answerable).length} answerable), quotesum ${quotesum.questions.length}`,
  );
}

function fail(message) {
  console.error(`cited-sets: ${message}`);
  process.exitCode = 1;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) main();
