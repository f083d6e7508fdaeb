#!/usr/bin/env node
// Builds samples/corpus.jsonl.gz and samples/ATTRIBUTION.md from the Wikipedia and SQuAD files, for the articles named in
// samples/articles.txt. Refuses an article that stands in a training or evaluation set, under its own or another title.
import { createReadStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createGunzip, gunzipSync, gzipSync } from 'node:zlib';
import { articlesOfSplit, readArticles, readableTitle, toJsonLines, wikipediaUrl } from '../benchmarks/squad-sets.mjs';

const SEQUENCE_LENGTH = 13; // words; a copied sentence has such a run, two independent ones hardly ever
const WIKIPEDIA_LICENCE = 'CC-BY-SA-3.0';
const SQUAD_LICENCE = 'CC-BY-SA-4.0';
const CLOSING_SECTIONS =
  /^(references|notes|footnotes|citations|sources|bibliography|further reading|external links|see also|gallery)$/i;

/** Titles that differ only in percent encoding, underscores or case are one title. */
export function titleKey(title) {
  return readableTitle(title).toLowerCase();
}

/** `wikipedia-albert-einstein`: readable, and safe in a path or an address. */
export function documentId(source, title) {
  const slug = readableTitle(title)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return `${source}-${slug}`;
}

/** Mends what is left of removed markup: tags, editors' marks, unfilled templates, empty brackets, lone `]`, odd spaces. */
export function mendLine(line) {
  return line
    .replace(/<[^>]*>/g, ' ')
    .replace(/&nbsp;|\u00a0/g, ' ')
    .replace(/&amp;/g, '&')
    .replace(
      /\b[ivx]+\[›\]|\[(?:update|note \d+|citation needed|not in citation given|clarification needed|who\?|when\?)\]/g,
      '',
    )
    .replace(/\([^()]*(?:\{Inflation\}|\$ in \d{4})[^()]*\)/g, '') // an amount in today's money that was never computed
    .replace(/\[\s*\]/g, '')
    .replace(/(?<!\[[^\]]*)\]/g, '')
    .replace(/\(\s*(?:[,;:]\s*)+/g, '(')
    .replace(/(?:\s*[,;:])+\s*\)/g, ')')
    .replace(/\(\s*\)/g, '')
    .replace(/\s+([,;.)])/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
}

/**
 * The readable sections of an extracted article, in order: `{ heading, paragraphs }`, the lead with heading `null`.
 * Headings without text, closing sections (references and the like) and fragments of lists and formulas are left out.
 */
export function toSections(text) {
  const sections = [{ heading: null, paragraphs: [] }];
  for (const raw of text.split('\n')) {
    const line = mendLine(raw);
    if (line === '') continue;
    if (isHeading(line)) sections.push({ heading: line.slice(0, -1), paragraphs: [] });
    else if (isReadable(line)) sections.at(-1).paragraphs.push(line);
  }
  return sections.filter(({ heading, paragraphs }) => paragraphs.length > 0 && !CLOSING_SECTIONS.test(heading ?? ''));
}

/**
 * The leading sections that fit into `maxWords`. Where that leaves less than half of it, because the next section is long,
 * the leading paragraphs of that section that fit come too.
 */
export function cutAtSection(sections, maxWords) {
  const kept = [];
  let words = 0;
  for (const { heading, paragraphs } of sections) {
    const size = countWords(paragraphs.join(' '));
    if (words + size <= maxWords) {
      kept.push({ heading, paragraphs });
      words += size;
      continue;
    }
    if (words >= maxWords / 2) break;
    const leading = [];
    for (const paragraph of paragraphs) {
      words += countWords(paragraph);
      if (words > maxWords) break;
      leading.push(paragraph);
    }
    if (leading.length > 0) kept.push({ heading, paragraphs: leading });
    break;
  }
  return kept;
}

/** Headings and paragraphs, each set off by a blank line. */
export function sectionsToText(sections) {
  return sections
    .flatMap(({ heading, paragraphs }) => (heading === null ? paragraphs : [heading, ...paragraphs]))
    .join('\n\n');
}

export function countWords(text) {
  return text.split(/\s+/).filter(Boolean).length;
}

/** A hash for each run of `SEQUENCE_LENGTH` words, blind to case and punctuation. */
export function* wordSequences(text) {
  const words = (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map(hashWord);
  for (let start = 0; start + SEQUENCE_LENGTH <= words.length; start++) {
    let low = 0x811c9dc5;
    let high = 0x1234567;
    for (let index = start; index < start + SEQUENCE_LENGTH; index++) {
      low = Math.imul(low ^ words[index], 16777619);
      high = Math.imul(high ^ words[index], 0x5bd1e995) + 1;
    }
    yield (low >>> 0) * 2 ** 21 + (high >>> 11); // 53 bits: two different runs of the two million practically never meet
  }
}

function hashWord(word) {
  let hash = 0x811c9dc5;
  for (let index = 0; index < word.length; index++) hash = Math.imul(hash ^ word.charCodeAt(index), 16777619);
  return hash;
}

// The extractor writes a heading as a line of its own that ends with a full stop, like a very short paragraph.
function isHeading(line) {
  return (
    /^[\p{Lu}\p{N}"'(].*[^.]\.$/u.test(line) &&
    line.length <= 70 &&
    countWords(line) <= 8 &&
    !/[.;!?] |\b(?:is|are|was|were|has|have|had|can|may|does|did)\b/.test(line)
  );
}

// A list item, a piece of code or of a formula does not start or end as a sentence does; `The inputs are:` announces what
// is no longer there.
function isReadable(line) {
  return /^[\p{Lu}\p{N}"'(“‘]/u.test(line) && /[.!?]["')”’]*$/.test(line) && countWords(line) >= 5;
}

/**
 * What no sample may repeat: titles and word sequences of the training file and the evaluation sets, but for the reserved
 * articles that are samples themselves.
 */
function readHeldSets(data, exceptTitles) {
  const titles = new Set();
  const sequences = new Set();
  const add = (title, ...texts) => {
    titles.add(titleKey(title));
    for (const text of texts) for (const sequence of wordSequences(text)) sequences.add(sequence);
  };
  for (const file of ['train-v1.1', 'dev-v2.0-a']) {
    for (const { title, paragraphs } of readArticles(join(data, 'squad', `${file}.json.gz`))) {
      if (!exceptTitles.has(title)) add(title, ...paragraphs.map(({ context }) => context));
    }
  }
  for (const file of ['dev_answerable_a', 'dev_unanswerable_a']) {
    for (const { passages } of readJsonLines(join(data, 'clapnq', `${file}.jsonl.gz`))) {
      for (const { title, text } of passages) add(title, text);
    }
  }
  for (const row of readJsonLines(join(data, 'quotesum', 'v1', 'dev.jsonl.gz'))) {
    for (let number = 1; number <= 8; number++)
      if (row[`title${number}`]) add(row[`title${number}`], row[`source${number}`]);
  }
  for (const { meta } of readJsonLines(join(data, 'wice', 'dev.jsonl.gz'))) add(meta.claim_title);
  return { titles, sequences };
}

function readJsonLines(path) {
  return gunzipSync(readFileSync(path))
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

// `samples/articles.txt`: one `source<TAB>title` a line.
function readChoice(path) {
  const choice = { wikipedia: new Set(), squad: new Set() };
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [source, title] = line.split('\t');
    if (!(source in choice) || !title)
      throw new Error(`${path}: expected "wikipedia" or "squad", a tab and a title, got "${line}"`);
    choice[source].add(title);
  }
  return choice;
}

/** Why an article may not be a sample, or `null`. Looks at the whole source, not only at what the cut leaves. */
export function overlap({ title, source }, held) {
  if (held.titles.has(titleKey(title))) return 'the title stands in a training or evaluation set';
  let shared = 0;
  for (const sequence of wordSequences(source)) if (held.sequences.has(sequence)) shared++;
  return shared > 0 ? `shares ${shared} word sequences with a training or evaluation set` : null;
}

async function* readWikipedia(path, titles, maxWords) {
  const lines = createInterface({
    input: createReadStream(path).pipe(createGunzip()),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  for await (const line of lines) {
    const { title, text: source } = JSON.parse(line);
    if (!titles.has(title)) continue;
    const text = sectionsToText(cutAtSection(toSections(source), maxWords));
    yield { source, title, record: toRecord('wikipedia', title, text, WIKIPEDIA_LICENCE) };
  }
}

function* readReserved(path, titles) {
  for (const { title, paragraphs } of articlesOfSplit(readArticles(path), 'samples')) {
    if (!titles.has(title)) continue;
    const source = paragraphs.map(({ context }) => context).join('\n\n');
    const text = paragraphs.map(({ context }) => mendLine(context)).join('\n\n');
    yield { source, title, record: toRecord('squad', title, text, SQUAD_LICENCE) };
  }
}

function toRecord(source, title, text, licence) {
  return {
    id: documentId(source, title),
    url: wikipediaUrl(title),
    title: readableTitle(title),
    text,
    language: 'en',
    metadata: { source, licence },
  };
}

function attribution(documents) {
  const rows = documents.map(
    ({ title, url, metadata }) =>
      `| [${title}](${url}) | ${metadata.source === 'squad' ? 'SQuAD 1.1' : 'Wikipedia'} | ${metadata.licence} |`,
  );
  return `# Attribution

The texts in \`corpus.jsonl.gz\` were written by the contributors of the English Wikipedia. Each article's authors are listed on its
history page: open the address below and choose "View history". Licences: [LICENSE.md](LICENSE.md).

Changes made: long articles are cut after a section; markup, tables, lists, references, editors' marks and remains of formulas are left out; the
passages of an article taken from SQuAD 1.1 are joined by blank lines.

The Wikipedia texts come from a dump of about 2014 to 2015, those of SQuAD from 2016. The addresses lead to the articles as they
are today, which may say something else.

| Article | Taken from | Licence |
| --- | --- | --- |
${rows.join('\n')}
`;
}

const USAGE = `Usage: node scripts/build-samples.mjs [--data DIR] [--out DIR] [--max-words N]

Writes corpus.jsonl.gz and ATTRIBUTION.md for the articles named in OUT/articles.txt.

  --data DIR       folder with wikipedia/, squad/, clapnq/, quotesum/, wice/ (default ../shared/data)
  --out DIR        default samples
  --max-words N    a Wikipedia article is cut at a section boundary below this many words (default 1900)
  --help           this text
`;

async function main() {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: '../shared/data' },
      out: { type: 'string', default: 'samples' },
      'max-words': { type: 'string', default: '1900' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return process.stdout.write(USAGE);
  const articlesPath = join(values.data, 'wikipedia', 'articles.jsonl.gz');
  if (!existsSync(articlesPath)) {
    return fail(
      `${articlesPath} is not there. samples/ is committed, so only a rebuild needs it; name its folder with --data DIR.`,
    );
  }
  const choice = readChoice(join(values.out, 'articles.txt'));
  const held = readHeldSets(values.data, choice.squad);
  const articles = [...readReserved(join(values.data, 'squad', 'train-v1.1.json.gz'), choice.squad)];
  for await (const article of readWikipedia(articlesPath, choice.wikipedia, Number(values['max-words']))) {
    articles.push(article);
  }
  const rejected = articles
    .map((article) => [article.title, overlap(article, held)])
    .filter(([, reason]) => reason !== null)
    .map(([title, reason]) => `${title}: ${reason}`);
  for (const [source, titles] of Object.entries(choice)) {
    const found = new Set(articles.filter(({ record }) => record.metadata.source === source).map(({ title }) => title));
    for (const title of titles)
      if (!found.has(title)) rejected.push(`${title}: not among the usable articles of ${source}`);
  }
  if (rejected.length > 0) return fail(`articles.txt names articles that cannot be used:\n  ${rejected.join('\n  ')}`);

  const documents = articles.map(({ record }) => record).sort((a, b) => (a.id < b.id ? -1 : 1));
  const bytes = gzipSync(toJsonLines(documents), { level: 9 });
  writeFileSync(join(values.out, 'corpus.jsonl.gz'), bytes);
  writeFileSync(join(values.out, 'ATTRIBUTION.md'), attribution(documents));
  const words = documents.reduce((sum, { text }) => sum + countWords(text), 0);
  console.log(
    `${documents.length} articles, ${words} words (about ${Math.floor(words / 120)} passages), ${bytes.length} bytes compressed`,
  );
}

function fail(message) {
  console.error(`build-samples: ${message}`);
  process.exitCode = 1;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
