import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceError } from '../../errors.js';
import { idField, lineError, parseJsonObject, readTextLines, TOPIC_FIELDS } from './line-blocks.js';

const ID_FIELDS = ['_id', 'id', ...TOPIC_FIELDS];
const TEXT_FIELDS = ['text', 'query', 'question', 'title'];

/**
 * The queries of a file, by id and in its order, or of a folder in BEIR's layout (`queries.jsonl` in it). Read are JSON lines
 * `{_id, text}` (BEIR; also `id`, `query_id`, `query`, `question`) and `id<TAB>text` (MS MARCO); a `.gz` of each.
 *
 * @throws ServiceError naming file and line: no id, no text, an id that occurs twice.
 */
export async function readQueries(path: string): Promise<Map<string, string>> {
  const file = await fileOrFolder(path, 'queries.jsonl');
  const queries = new Map<string, string>();
  for await (const line of readTextLines(file, 'queries')) {
    const [id, text] = line.text.trimStart().startsWith('{')
      ? fromJson(parseJsonObject(line, file), file, line.line)
      : fromColumns(line.text, file, line.line);
    if (queries.has(id)) throw lineError(file, line.line, `the id ${id} occurs twice.`);
    queries.set(id, text);
  }
  if (queries.size === 0) throw new ServiceError('invalid-request', { message: `${file}: there is no query in it.` });
  return queries;
}

function fromJson(record: Record<string, unknown>, path: string, line: number): [string, string] {
  const id = idField(record, ID_FIELDS);
  const text = idField(record, TEXT_FIELDS);
  if (id === null) throw lineError(path, line, `expected an id in one of ${ID_FIELDS.join(', ')}.`);
  if (text === null) throw lineError(path, line, `expected a text in one of ${TEXT_FIELDS.join(', ')}.`);
  return [id, text];
}

function fromColumns(line: string, path: string, number: number): [string, string] {
  const tab = line.indexOf('\t');
  const [id, text] = [line.slice(0, tab).trim(), line.slice(tab + 1).trim()];
  if (tab < 0 || id === '' || text === '')
    throw lineError(path, number, 'expected an id and a text with a tab between them, or JSON.');
  return [id, text];
}

/** A path that is a folder stands for a file in it. */
export async function fileOrFolder(path: string, name: string): Promise<string> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isFolder ? join(path, name) : path;
}
