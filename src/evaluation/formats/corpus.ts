import { DOCUMENT_FIELDS, idField, lineError, parseJsonObject, readTextLines } from './line-blocks.js';
import { fileOrFolder } from './queries.js';

/** A document as a reranker reads it. */
export interface CorpusDocument {
  id: string;
  /** Empty where there is none. */
  title: string;
  text: string;
}

const ID_FIELDS = ['_id', 'id', ...DOCUMENT_FIELDS];
const TEXT_FIELDS = ['text', 'contents', 'body', 'passage'];

/**
 * The documents of a file one after the other, or of a folder in BEIR's layout (`corpus.jsonl` in it). Read are JSON lines
 * `{_id, title, text}` (BEIR; also `id`, `doc_id`, `contents`, `body`) and MS MARCO's `id<TAB>text` and
 * `id<TAB>url<TAB>title<TAB>body`; a `.gz` of each. The file is never held as a whole.
 *
 * @throws ServiceError naming file and line.
 */
export async function* readCorpus(path: string): AsyncGenerator<CorpusDocument, void> {
  const file = await fileOrFolder(path, 'corpus.jsonl');
  for await (const line of readTextLines(file, 'corpus'))
    yield line.text.trimStart().startsWith('{')
      ? fromJson(parseJsonObject(line, file), file, line.line)
      : fromColumns(line.text, file, line.line);
}

/**
 * The wanted documents of a corpus, by id. Only these are held.
 *
 * @returns Without those the corpus does not have.
 */
export async function readDocuments(path: string, wanted: ReadonlySet<string>): Promise<Map<string, CorpusDocument>> {
  const documents = new Map<string, CorpusDocument>();
  for await (const document of readCorpus(path)) {
    if (wanted.has(document.id)) documents.set(document.id, document);
    if (documents.size === wanted.size) break;
  }
  return documents;
}

function fromJson(record: Record<string, unknown>, path: string, line: number): CorpusDocument {
  const id = idField(record, ID_FIELDS);
  if (id === null) throw lineError(path, line, `expected an id in one of ${ID_FIELDS.join(', ')}.`);
  const field = TEXT_FIELDS.find((name) => typeof record[name] === 'string');
  if (field === undefined) throw lineError(path, line, `expected a text in one of ${TEXT_FIELDS.join(', ')}.`);
  return { id, title: typeof record.title === 'string' ? record.title : '', text: record[field] as string };
}

function fromColumns(line: string, path: string, number: number): CorpusDocument {
  const [id, second, title, body] = line.split('\t');
  if (id === undefined || id === '' || second === undefined)
    throw lineError(path, number, 'expected id and text, or id, url, title and body, with tabs between them, or JSON.');
  return title !== undefined && body !== undefined ? { id, title, text: body } : { id, title: '', text: second };
}
