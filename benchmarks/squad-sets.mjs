#!/usr/bin/env node
// Turns SQuAD into open-domain question sets for `candor eval answers`: a corpus of passages and the questions asked of it.
// The functions are pure; only main() reads and writes files. See benchmarks/README.md for the definitions.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';

/** The parts of the SQuAD train file, as half-open ranges of {@link articleFraction}. `samples` is never trained on. */
export const SPLITS = {
  samples: [0, 0.05],
  calibration: [0.05, 0.15],
  dev: [0.15, 0.25],
  train: [0.25, 1],
};

const SQUAD_LICENCE = 'CC-BY-SA-4.0';

/** Where an article stands in 0..1, by its title exactly as the train file writes it: never changes, needs no seed. */
export function articleFraction(title) {
  return hashFraction(`candor-split:${title}`);
}

/** The articles of one split of the train file. */
export function articlesOfSplit(articles, split) {
  const [low, high] = SPLITS[split];
  return articles.filter(({ title }) => {
    const fraction = articleFraction(title);
    return fraction >= low && fraction < high;
  });
}

/** A title as a person writes it: `Bras%C3%ADlia` is Brasília, underscores are spaces. */
export function readableTitle(title) {
  try {
    return decodeURIComponent(title).replaceAll('_', ' ').trim();
  } catch {
    return title.replaceAll('_', ' ').trim(); // a lone percent sign is part of the title
  }
}

/** The address of an English Wikipedia article. */
export function wikipediaUrl(title) {
  return `https://en.wikipedia.org/wiki/${encodeURIComponent(readableTitle(title).replaceAll(' ', '_')).replaceAll('%2C', ',')}`;
}

/**
 * One document a passage, one question line a question about it.
 * Passages that occur twice become one document. With `tidyQuestions` (for the train file, which needs it) a question asked
 * twice of one passage becomes one line with the answers of both, and questions of one or two letters, which ask nothing,
 * are left out.
 */
export function toDocumentsAndQuestions(articles, prefix, { tidyQuestions = false } = {}) {
  const documents = [];
  const questions = [];
  const documentByText = new Map();
  const questionByKey = new Map();
  for (const { title, paragraphs } of articles) {
    paragraphs.forEach(({ context, qas = [] }, index) => {
      const text = context.trim();
      let document = documentByText.get(text);
      if (!document) {
        document = {
          id: `${prefix}-${title}-${index}`,
          url: wikipediaUrl(title),
          title: readableTitle(title),
          text,
          language: 'en',
          metadata: { source: prefix, licence: SQUAD_LICENCE },
        };
        documentByText.set(text, document);
        documents.push(document);
      }
      for (const { id, question: asked, answers, is_impossible: isImpossible = false } of qas) {
        const question = asked.trim();
        if (tidyQuestions && question.replace(/[^\p{L}\p{N}]/gu, '').length <= 2) continue;
        const key = `${document.id}\n${question.toLowerCase()}\n${isImpossible}`;
        const texts = answers.map((answer) => answer.text);
        const known = questionByKey.get(key);
        if (tidyQuestions && known) {
          known.answers = [...new Set([...known.answers, ...texts])];
          continue;
        }
        const line = { id, question, answers: [...new Set(texts)], answerable: !isImpossible, documentId: document.id };
        questionByKey.set(key, line);
        questions.push(line);
      }
    });
  }
  return { documents, questions };
}

/**
 * Of a set the questions that other annotators have read too, with their answers beside that of the file; all of them as
 * they are where nobody has. `labels/README.md`.
 */
export function withOtherAnswers(set, labels) {
  const others = new Map(labels.map(({ id, answers }) => [id, answers]));
  if (others.size === 0) return set;
  const questions = set.questions
    .filter(({ id }) => others.has(id))
    .map((question) => ({ ...question, answers: [...new Set([...question.answers, ...others.get(question.id)])] }));
  return { ...set, questions };
}

/**
 * A share of the items, chosen by seed and id: the same seed always gives the same items, in whatever order they come,
 * and a larger count keeps those of a smaller one. Returned in the order of the input.
 */
export function seededSample(items, count, seed) {
  const chosen = new Set(
    items
      .map(({ id }) => [hashFraction(`${seed}:${id}`), id])
      .sort(([a, idA], [b, idB]) => a - b || (idA < idB ? -1 : 1))
      .slice(0, count)
      .map(([, id]) => id),
  );
  return items.filter(({ id }) => chosen.has(id));
}

/**
 * The questions a real site gets: all answerable ones, but a share of the passages that answer them is not in the corpus.
 * Those questions become unanswerable and keep their `answers`: shown text that matches one is right, because the fact
 * stood elsewhere too.
 */
export function naturalSet({ documents, questions }, distractors, { removedShare = 0.25, seed = 1 } = {}) {
  const answerable = questions.filter((question) => question.answerable);
  const asked = new Set(answerable.map((question) => question.documentId));
  const gold = documents.filter(({ id }) => asked.has(id));
  const removed = new Set(seededSample(gold, Math.round(gold.length * removedShare), seed).map(({ id }) => id));
  return {
    corpus: [...documents.filter(({ id }) => !removed.has(id)), ...withoutTextsOf(documents, distractors)],
    questions: answerable.map((question) =>
      removed.has(question.documentId)
        ? questionLine(question, { answerable: false, kind: 'passage-removed' })
        : questionLine(question, { answerable: true, kind: 'answerable' }),
    ),
    removedPassages: removed.size,
  };
}

/** All questions and all passages; the unanswerable ones were written by people to look answerable. */
export function adversarialSet({ documents, questions }, distractors) {
  return {
    corpus: [...documents, ...withoutTextsOf(documents, distractors)],
    questions: questions.map((question) =>
      questionLine(question, {
        answerable: question.answerable,
        kind: question.answerable ? 'answerable' : 'adversarial',
      }),
    ),
    removedPassages: 0,
  };
}

// `documentIds` names passages that hold the answer, so a question that has none carries no such field.
function questionLine({ id, question, answers, documentId }, { answerable, kind }) {
  return { id, question, answers, answerable, ...(answerable && { documentIds: [documentId] }), language: 'en', kind };
}

// A removed passage must not come back as a distractor.
function withoutTextsOf(documents, distractors) {
  const texts = new Set(documents.map(({ text }) => text));
  return distractors.filter(({ text }) => !texts.has(text));
}

function hashFraction(text) {
  return Number.parseInt(createHash('sha256').update(text).digest('hex').slice(0, 8), 16) / 2 ** 32;
}

/** Reads a SQuAD file (`.json` or `.json.gz`) into its articles. */
export function readArticles(path) {
  const bytes = readFileSync(path);
  return JSON.parse(path.endsWith('.gz') ? gunzipSync(bytes) : bytes).data;
}

function readLabels(split) {
  const path = fileURLToPath(new URL(`labels/${split}.jsonl`, import.meta.url));
  return existsSync(path)
    ? readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    : [];
}

export function toJsonLines(records) {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}

const USAGE = `Usage: node benchmarks/squad-sets.mjs [options]

Writes corpus.<set>.jsonl.gz and questions.<set>.jsonl.gz for each set. Without --calibration or --dev the sets are
"natural" and "adversarial", from SQuAD 2.0 dev.

  --data DIR         folder with squad/train-v1.1.json.gz and squad/dev-v2.0-a.json.gz (default ../shared/data)
  --out DIR          where the sets go (default benchmarks/sets)
  --seed N           which passages are removed and which distractors are taken (default 1)
  --distractors N    passages of the train file added to the corpus (default 5000)
  --calibration      the natural construction on the train file's calibration articles, for fitting the confidence: the
                     questions that three people have answered
  --dev              the same on its dev articles, for choosing settings
  --help             this text
`;

function main() {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: '../shared/data' },
      out: { type: 'string', default: 'benchmarks/sets' },
      seed: { type: 'string', default: '1' },
      distractors: { type: 'string', default: '5000' },
      calibration: { type: 'boolean', default: false },
      dev: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return process.stdout.write(USAGE);
  const count = Number(values.distractors);
  if (!Number.isInteger(count) || count < 0)
    return fail(`--distractors: expected a whole number, got "${values.distractors}"`);
  const trainPath = join(values.data, 'squad', 'train-v1.1.json.gz');
  const devPath = join(values.data, 'squad', 'dev-v2.0-a.json.gz');
  for (const path of [trainPath, devPath]) {
    if (!existsSync(path))
      return fail(`${path} is not there. The sets are made from the SQuAD files; name their folder with --data DIR.`);
  }

  const train = readArticles(trainPath);
  const distractors = seededSample(
    toDocumentsAndQuestions(articlesOfSplit(train, 'train'), 'squad-train').documents,
    count,
    values.seed,
  );
  const sets = {};
  for (const split of ['calibration', 'dev']) {
    if (!values[split]) continue;
    const gold = toDocumentsAndQuestions(articlesOfSplit(train, split), 'squad-train', { tidyQuestions: true });
    sets[split] = withOtherAnswers(naturalSet(gold, distractors, { seed: values.seed }), readLabels(split));
  }
  if (!values.calibration && !values.dev) {
    const gold = toDocumentsAndQuestions(readArticles(devPath), 'squad-dev');
    sets.natural = naturalSet(gold, distractors, { seed: values.seed });
    sets.adversarial = adversarialSet(gold, distractors);
  }

  mkdirSync(values.out, { recursive: true });
  for (const [name, set] of Object.entries(sets)) {
    writeFileSync(join(values.out, `corpus.${name}.jsonl.gz`), gzipSync(toJsonLines(set.corpus), { level: 9 }));
    writeFileSync(join(values.out, `questions.${name}.jsonl.gz`), gzipSync(toJsonLines(set.questions), { level: 9 }));
    const unanswerable = set.questions.filter(({ answerable }) => !answerable).length;
    console.log(
      `${name}: ${set.corpus.length} passages (${distractors.length} distractors, ${set.removedPassages} gold removed), ` +
        `${set.questions.length} questions (${set.questions.length - unanswerable} answerable, ${unanswerable} unanswerable)`,
    );
  }
  console.log(`written to ${values.out}`);
}

function fail(message) {
  console.error(`squad-sets: ${message}`);
  process.exitCode = 1;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) main();
