#!/usr/bin/env node
/**
 * Turns four collections into the BEIR layout (corpus.jsonl, queries.jsonl, qrels): the classic Vaswani (NPL) and CACM, and
 * two sets of questions whose relevant document is the passage they were written for, SQuAD 2.0 dev and CMRC 2018.
 *
 *   node benchmarks/ir-collections.mjs --data ../shared/data --out benchmarks/sets
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { adversarialSet, articlesOfSplit, readArticles, seededSample, toDocumentsAndQuestions } from './squad-sets.mjs';

const { values } = parseArgs({
  options: { data: { type: 'string', default: '../shared/data' }, out: { type: 'string', default: 'benchmarks/sets' } },
});

const oneLine = (text) => text.replace(/\s+/g, ' ').trim();
const jsonLines = (records) => records.map((record) => `${JSON.stringify(record)}\n`).join('');

write('vaswani', vaswani(join(values.data, 'vaswani')));
write('cacm', cacm(join(values.data, 'cacm')));
write('squad', squad(join(values.data, 'squad')));
write('cmrc2018', cmrc2018(join(values.data, 'cmrc2018')));

function write(name, { documents, queries, qrels }) {
  const folder = join(values.out, name);
  mkdirSync(join(folder, 'qrels'), { recursive: true });
  // Not `_id` as in BEIR: `candor ingest` reads the file too.
  writeFileSync(join(folder, 'corpus.jsonl'), jsonLines(documents));
  writeFileSync(join(folder, 'queries.jsonl'), jsonLines(queries));
  const lines = qrels.map(([topic, document, grade]) => `${topic}\t${document}\t${grade}\n`);
  writeFileSync(join(folder, 'qrels', 'test.tsv'), `query-id\tcorpus-id\tscore\n${lines.join('')}`);
  const topics = new Set(qrels.map(([topic]) => topic)).size;
  console.log(`${folder}: ${documents.length} documents, ${queries.length} queries, ${topics} of them judged`);
}

/** 11,429 abstracts without titles, 93 queries in capitals. */
function vaswani(folder) {
  const corpus = readFileSync(join(folder, 'corpus', 'doc-text.trec'), 'utf8');
  const documents = [...corpus.matchAll(/<DOCNO>\s*(\S+)\s*<\/DOCNO>([\s\S]*?)<\/DOC>/g)].map(([, id, text]) => ({
    id,
    title: '',
    text: oneLine(text),
  }));
  const topics = readFileSync(join(folder, 'query-text.trec'), 'utf8');
  const queries = [...topics.matchAll(/<num>\s*(\S+?)\s*<\/num>\s*<title>([\s\S]*?)<\/title>/g)].map(
    ([, id, text]) => ({
      _id: id,
      text: oneLine(text).toLowerCase(),
    }),
  );
  return { documents, queries, qrels: readQrels(join(folder, 'qrels'), (id) => id) };
}

/** 3,204 records of Communications of the ACM; 64 queries, 52 of them judged. Some ids in the qrels lack their zeros. */
function cacm(folder) {
  const archive = join(folder, 'cacm.tar.gz');
  const text = execFileSync('tar', ['xzOf', archive], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const names = execFileSync('tar', ['tzf', archive], { encoding: 'utf8' }).match(/CACM-\d{4}(?=\.html)/g);
  const records = text.split('</html>').slice(0, names.length);
  const documents = records.map((record, index) => {
    const [title = '', ...paragraphs] = decode(record.replace(/<[^>]*>/g, ''))
      // The table of citations at the end.
      .replace(/(^\d+\t\d+\t\d+\s*$\n?)+/gm, '')
      .trim()
      .split(/\n\s*\n/);
    return { id: names[index], title: oneLine(title), text: oneLine(paragraphs.join('\n')) || oneLine(title) };
  });
  const topics = readFileSync(join(folder, 'topics', 'topics.cacm.txt'), 'utf8');
  const queries = [...topics.matchAll(/<DOCNO>\s*(\S+)\s*<\/DOCNO>([\s\S]*?)<\/DOC>/g)].map(([, id, body]) => ({
    _id: id,
    text: oneLine(body),
  }));
  const pad = (id) => id.replace(/\d+$/, (number) => number.padStart(4, '0'));
  return { documents, queries, qrels: readQrels(join(folder, 'qrels', 'qrels.cacm.txt'), pad) };
}

/** 636 passages that are asked about among 5,000 others; the 3,019 questions that one of them answers. */
function squad(folder) {
  const gold = toDocumentsAndQuestions(readArticles(join(folder, 'dev-v2.0-a.json.gz')), 'squad-dev');
  const train = articlesOfSplit(readArticles(join(folder, 'train-v1.1.json.gz')), 'train');
  const { documents: others } = toDocumentsAndQuestions(train, 'squad-train', { tidyQuestions: true });
  const { corpus, questions } = adversarialSet(gold, seededSample(others, 5_000, 1));
  const asked = questions.filter(({ documentIds }) => documentIds);
  return {
    documents: corpus,
    queries: asked.map(({ id, question }) => ({ _id: id, text: oneLine(question) })),
    qrels: asked.map(({ id, documentIds }) => [id, documentIds[0], 1]),
  };
}

/** 1,104 Chinese passages and the questions about them, of which one is empty; the same passage under two titles is one document. */
function cmrc2018(folder) {
  const documents = new Map();
  const queries = [];
  const qrels = [];
  for (const part of ['dev', 'trial']) {
    const { data } = JSON.parse(gunzipSync(readFileSync(join(folder, `${part}.json.gz`))).toString('utf8'));
    for (const { title, paragraphs } of data) {
      for (const { id, context, qas } of paragraphs) {
        const known = documents.get(context) ?? { id, title, text: context, language: 'zh' };
        documents.set(context, known);
        for (const question of qas) {
          if (question.question.trim() === '') continue;
          queries.push({ _id: question.id, text: oneLine(question.question) });
          qrels.push([question.id, known.id, 1]);
        }
      }
    }
  }
  return { documents: [...documents.values()], queries, qrels };
}

function readQrels(path, idOf) {
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return lines.map((line) => line.trim().split(/\s+/)).map(([topic, , id, grade]) => [topic, idOf(id), grade]);
}

function decode(text) {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
