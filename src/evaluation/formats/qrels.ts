import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceError } from '../../errors.js';
import {
  DOCUMENT_FIELDS,
  idField,
  lineError,
  parseJsonObject,
  readTextLines,
  type TextLine,
  TOPIC_FIELDS,
} from './line-blocks.js';
import { readWholeJson } from './whole-json.js';

/** What a judge said about a document for a topic. */
export interface Judgement {
  topic: string;
  documentId: string;
  /** Grade: 0 not relevant, 1 and more relevant; negative counts as not judged, as in trec_eval. */
  relevance: number;
  /** Aspect of the topic (second column of the TREC format), for measures of diversity; `0` where there is none. */
  subtopic: string;
  /** From 1; 0 where the file has no lines. */
  line: number;
}

/** Judgements by topic. */
export interface Qrels {
  /** Topic -> document -> grade. A document judged for several subtopics has the highest of its grades. */
  topics: Map<string, Map<string, number>>;
  /** Topic -> subtopic -> document -> grade; the same judgements, kept apart. */
  subtopics: Map<string, Map<string, Map<string, number>>>;
}

/**
 * Judgements of a file, or of a folder in BEIR's layout (`qrels/test.tsv` in it). Read are
 *
 * - TREC and MS MARCO: `topic subtopic document grade`, separated by blanks or tabs; lines that start with `#` are comments;
 * - BEIR: `query-id corpus-id score`, tab-separated, with that header;
 * - JSON lines `{topic, documentId, relevance}` (also `query_id`, `doc_id`, `score` and the like);
 * - `.json`: one object `{topic: {document: grade}}`.
 *
 * A `.gz` of each.
 *
 * @throws ServiceError naming file and line: wrong columns, a grade that is no whole number, a document judged twice for
 *   one topic and subtopic, no judgement at all.
 */
export async function readQrels(path: string): Promise<Qrels> {
  const qrels: Qrels = { topics: new Map(), subtopics: new Map() };
  const file = await qrelsFile(path);
  for await (const judgement of readJudgements(file)) add(qrels, judgement, file);
  if (qrels.topics.size === 0)
    throw new ServiceError('invalid-request', { message: `${file}: there is no judgement in it.` });
  return qrels;
}

/** Judgements that are in memory already, such as in a test. */
export function qrelsOf(judgements: Iterable<Omit<Judgement, 'line'>>): Qrels {
  const qrels: Qrels = { topics: new Map(), subtopics: new Map() };
  for (const judgement of judgements) add(qrels, { ...judgement, line: 0 }, 'qrels');
  return qrels;
}

async function qrelsFile(path: string): Promise<string> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isFolder ? join(path, 'qrels', 'test.tsv') : path;
}

function add({ topics, subtopics }: Qrels, { topic, subtopic, documentId, relevance, line }: Judgement, path: string) {
  const ofTopic = entry(subtopics, topic, () => new Map<string, Map<string, number>>());
  const documents = entry(ofTopic, subtopic, () => new Map<string, number>());
  if (documents.has(documentId)) {
    const message = `topic ${topic} judges document ${documentId} twice; remove one of the two.`;
    throw line > 0
      ? lineError(path, line, message)
      : new ServiceError('invalid-request', { message: `${path}: ${message}` });
  }
  documents.set(documentId, relevance);
  const grades = entry(topics, topic, () => new Map<string, number>());
  grades.set(documentId, Math.max(relevance, grades.get(documentId) ?? relevance));
}

function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

/** The judgements of one file in its order, without looking for duplicates. Formats: {@link readQrels}. */
export async function* readJudgements(path: string): AsyncGenerator<Judgement, void> {
  if (/\.json(\.gz)?$/.test(path)) {
    for (const [topic, documents] of await readWholeJson(path, 'qrels'))
      for (const [documentId, relevance] of documents) yield { topic, documentId, relevance, subtopic: '0', line: 0 };
    return;
  }
  let parse: ((line: TextLine, path: string) => Judgement) | null = null;
  for await (const line of readTextLines(path, 'qrels')) {
    if (line.text.trimStart().startsWith('#')) continue;
    if (parse === null) {
      parse = parserFor(line.text);
      if (isHeader(line.text)) continue;
    }
    yield parse(line, path);
  }
}

function parserFor(text: string): (line: TextLine, path: string) => Judgement {
  if (text.trimStart().startsWith('{')) return parseJson;
  const columns = text.trim().split(/\s+/);
  return columns.length === 3 && (isHeader(text) || /^-?\d/.test(columns[2] ?? '')) ? parseBeir : parseTrec;
}

const isHeader = (text: string) => /^"?(query-id|query_id|qid)"?\s/i.test(text);

function parseTrec({ text, line }: TextLine, path: string): Judgement {
  const columns = text.trim().split(/\s+/);
  const [topic, subtopic, documentId, grade] = columns;
  if (topic === undefined || subtopic === undefined || documentId === undefined || grade === undefined)
    throw lineError(path, line, `expected 4 columns (topic subtopic document grade), found ${columns.length}.`);
  return { topic, documentId, relevance: parseGrade(grade, path, line), subtopic, line };
}

function parseBeir({ text, line }: TextLine, path: string): Judgement {
  const columns = text.trim().split(text.includes('\t') ? /\t/ : /\s+/);
  const [topic, documentId, grade] = columns;
  if (topic === undefined || documentId === undefined || grade === undefined || columns.length > 3)
    throw lineError(path, line, `expected 3 columns (query-id corpus-id score), found ${columns.length}.`);
  return { topic, documentId, relevance: parseGrade(grade, path, line), subtopic: '0', line };
}

const GRADE_FIELDS = ['relevance', 'grade', 'label', 'score', 'rel'];

function parseJson(text: TextLine, path: string): Judgement {
  const record = parseJsonObject(text, path);
  const { line } = text;
  const topic = idField(record, TOPIC_FIELDS);
  const documentId = idField(record, DOCUMENT_FIELDS);
  const grade = idField(record, GRADE_FIELDS);
  if (topic === null) throw lineError(path, line, `expected a topic in one of ${TOPIC_FIELDS.join(', ')}.`);
  if (documentId === null) throw lineError(path, line, `expected a document in one of ${DOCUMENT_FIELDS.join(', ')}.`);
  if (grade === null) throw lineError(path, line, `expected a grade in one of ${GRADE_FIELDS.join(', ')}.`);
  const subtopic = idField(record, ['subtopic', 'iteration']) ?? '0';
  return { topic, documentId, relevance: parseGrade(grade, path, line), subtopic, line };
}

function parseGrade(text: string, path: string, line: number): number {
  const grade = Number(text);
  if (text !== '' && Number.isInteger(grade)) return grade;
  throw lineError(path, line, `expected a whole number as grade, found ${text}.`);
}

/** Writes judgements in TREC's format. */
export function qrelsText(qrels: Qrels): string {
  const lines: string[] = [];
  for (const [topic, subtopics] of qrels.subtopics)
    for (const [subtopic, documents] of subtopics)
      for (const [documentId, grade] of documents) lines.push(`${topic} ${subtopic} ${documentId} ${grade}\n`);
  return lines.join('');
}
