import { ServiceError } from '../errors.js';
import type { IndexableDocument, RejectedDocument } from './indexer.js';

/**
 * Parts what can be stored from what cannot. Of two documents with one id the later one counts; `tenant` is that of all
 * that can be stored, `undefined` where nothing can.
 *
 * @throws ServiceError `index-mismatch` for a vector that has not `dimensions` values.
 * @throws TypeError for documents of several tenants.
 */
export function soundDocuments(
  documents: readonly IndexableDocument[],
  dimensions: number,
): { tenant: string | undefined; sound: IndexableDocument[]; rejected: RejectedDocument[] } {
  const rejected: RejectedDocument[] = [];
  const sound = new Map<string, IndexableDocument>();
  for (const item of documents) {
    const { id } = item.document;
    const odd = item.vectors.find((vector) => vector.length !== dimensions);
    if (odd) {
      const message = `${id}: expected vectors of ${dimensions} dimensions, received ${odd.length}.`;
      throw new ServiceError('index-mismatch', { message });
    }
    const reason = problemOf(item);
    if (reason) rejected.push({ documentId: id, reason });
    else sound.set(id, item);
  }
  const [tenant, ...others] = new Set([...sound.values()].map(({ document }) => document.tenant));
  if (others.length > 0) throw new TypeError('put takes one tenant at a time.');
  return { tenant, sound: [...sound.values()], rejected };
}

function problemOf({ passages, vectors }: IndexableDocument): string | null {
  if (passages.length === 0) return 'It has no passage.';
  if (passages.length !== vectors.length) return `It has ${passages.length} passages and ${vectors.length} vectors.`;
  return vectors.every((vector) => vector.every(Number.isFinite)) ? null : 'A vector has a value that is not a number.';
}
