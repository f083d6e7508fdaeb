import { isRecord, type RecordedAnswer } from '../evaluation/plain-answer.js';
import { openSource } from '../retrieval/loaders/load.js';
import type { LoadedDocument } from '../retrieval/loaders/loader.js';
import { configWith } from './options.js';

export type CorpusDocuments = ReadonlyMap<string, LoadedDocument>;

/**
 * Documents of a corpus by id, as it has them: quotes are held against these.
 *
 * @param path As for `candor ingest`; without it there are none.
 * @param wanted Which to keep. @default all
 */
export async function readDocuments(path: string | undefined, wanted?: ReadonlySet<string>): Promise<CorpusDocuments> {
  const documents = new Map<string, LoadedDocument>();
  if (path === undefined || wanted?.size === 0) return documents;
  const { items } = await openSource([path], { tenant: configWith({}).tenant, acl: [] });
  for await (const item of items) {
    if (item.type === 'document' && (wanted?.has(item.document.id) ?? true)) documents.set(item.document.id, item);
  }
  return documents;
}

/** Documents that the answers quote, or were written from. */
export function citedBy(answers: readonly RecordedAnswer[]): Set<string> {
  return new Set(
    answers.flatMap((answer) =>
      isRecord(answer)
        ? answer.candidates.map(({ passageId }) => documentIdOf(passageId))
        : (answer.citations ?? []).flatMap(({ documentId }) => documentId ?? []),
    ),
  );
}

/** Passage ids are `<documentId>#<ordinal>`. */
export const documentIdOf = (passageId: string): string => passageId.slice(0, passageId.lastIndexOf('#'));
