/**
 * Did you mean: how many slips get the right word, and how many right queries get a suggestion. The samples are indexed by their
 * words; the queries are of train files, `--part dev` for choosing settings and `--part test` for the figures.
 *
 *   npx tsx benchmarks/spelling.ts --data DIR --misspellings FILE [--part test] [--size 150] [--seed 7] [--show]
 */
import './said-errors.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadWholeWords } from '../src/onnx/whole-words.js';
import { suggestSpelling } from '../src/pipeline/suggest-spelling.js';
import { EmbeddedIndex } from '../src/retrieval/drivers/embedded.js';
import { HybridRetriever } from '../src/retrieval/hybrid-retriever.js';
import { ingest } from '../src/retrieval/ingest.js';
import { openSource } from '../src/retrieval/loaders/load.js';
import type { LoadedDocument } from '../src/retrieval/loaders/loader.js';
import { loadSentenceSplitter } from '../src/retrieval/sentences.js';
import { noModel } from './no-model.js';
import { type SpellingPart, spellingSets, wordsOf } from './spelling-sets.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    misspellings: { type: 'string' },
    part: { type: 'string', default: 'dev' },
    size: { type: 'string', default: '150' },
    seed: { type: 'string', default: '7' },
    show: { type: 'boolean', default: false },
  },
});
if (values.misspellings === undefined) throw new Error('--misspellings: expected a file with lines `slip->word`');
if (values.part !== 'dev' && values.part !== 'test')
  throw new Error(`--part: expected dev or test, got ${values.part}`);

/** Passages that are found for a query, as many as the service looks at. */
const PASSAGES = 100;
const access = { tenant: 'default', groups: [] };
const { signal } = new AbortController();
const dir = await mkdtemp(join(tmpdir(), 'candor-spelling-'));
try {
  const index = new EmbeddedIndex({ dir, embedder: noModel });
  const vocabulary = await indexSamples(index);
  const passages = new HybridRetriever({ retrievers: [index.lexicalRetriever()], embedder: null, timeoutMs: 60_000 });
  const isWord = await loadWholeWords('models/embedder/tokenizer.json');
  const sets = spellingSets({
    data: values.data,
    misspellings: values.misspellings,
    vocabulary,
    part: values.part as SpellingPart,
    seed: Number(values.seed),
    size: Number(values.size),
  });
  const rows = [];
  for (const [set, cases] of Object.entries(sets)) {
    const row = { set, queries: cases.length, right: 0, wrong: 0, none: 0 };
    for (const { query: text, meant } of cases) {
      const query = { text, access };
      const found = (await passages.retrieve(query, PASSAGES, signal)).passages;
      const suggestion = await suggestSpelling({ passages, isWord }, query, found, signal);
      if (suggestion === null) row.none++;
      else if (suggestion === meant) row.right++;
      else row.wrong++;
      if (values.show && suggestion !== meant) console.log(`${set}: ${text}\n  ${suggestion ?? '-'}`);
    }
    rows.push(row);
  }
  console.table(rows);
  console.log(JSON.stringify({ part: values.part, seed: Number(values.seed), rows }));
  await index.close();
} finally {
  await rm(dir, { recursive: true });
}

/** @returns The words of the samples, in lower case. */
async function indexSamples(indexer: EmbeddedIndex): Promise<Set<string>> {
  const { items } = await openSource(['samples/corpus.jsonl.gz'], { tenant: access.tenant, acl: [] });
  const vocabulary = new Set<string>();
  const addWords = ({ title, text }: LoadedDocument['document']) => {
    for (const word of wordsOf(`${title}\n${text}`)) vocabulary.add(word.normalize('NFKC').toLowerCase());
  };
  async function* withWords() {
    for await (const item of items) {
      if (item.type === 'document') addWords(item.document);
      yield item;
    }
  }
  const split = await loadSentenceSplitter('prompts');
  await ingest(withWords(), { embedder: noModel, indexer, split }, signal);
  await indexer.optimize(signal);
  return vocabulary;
}
