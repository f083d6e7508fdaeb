import { access, open, readFile, truncate } from 'node:fs/promises';
import { ServiceError } from '../errors.js';
import { type AnswerRecord, readRecords } from '../evaluation/answer-record.js';

/** Where records go as they come: to a file that a later run goes on with, or nowhere. */
export interface RecordFile {
  /** What an earlier run recorded. */
  earlier: AnswerRecord[];
  add(record: AnswerRecord): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a records file for appending. A line that a killed run left unfinished is dropped.
 *
 * @param resume Go on with the records that are there. Without it the file must not exist: hours of answers are not
 *   overwritten by a forgotten option.
 * @throws ServiceError `invalid-request`.
 */
export async function openRecordFile(path: string | undefined, resume: boolean): Promise<RecordFile> {
  if (path === undefined) {
    if (resume) throw new ServiceError('invalid-request', { message: '--resume needs --records FILE.' });
    return { earlier: [], add: async () => {}, close: async () => {} };
  }
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (exists && !resume)
    throw new ServiceError('invalid-request', {
      message: `${path} is there already. Add --resume to go on with it, or name another file.`,
    });
  if (exists) await dropUnfinishedLine(path);
  const earlier = exists ? await readRecords(path) : [];
  const file = await open(path, 'a');
  return {
    earlier,
    add: async (record) => {
      await file.appendFile(`${JSON.stringify(record)}\n`);
    },
    close: () => file.close(),
  };
}

/** A line that a killed run left unfinished is cut off. */
export async function dropUnfinishedLine(path: string): Promise<void> {
  const bytes = await readFile(path);
  const end = bytes.lastIndexOf('\n') + 1;
  if (end < bytes.length) await truncate(path, end);
}
