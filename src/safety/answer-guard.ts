import type { Citation, SourceDocument } from '../types.js';

/**
 * Is this quote really in the document? Checked against the text as it is stored now, just before an answer is shown:
 * the document may have been changed, deleted or hidden from the caller since the passage was found.
 *
 * @param document As read back from the store; `null` when there is none that the caller may see.
 */
export function citationIsVerbatim(citation: Citation, document: SourceDocument | null): boolean {
  if (document === null || document.id !== citation.documentId) return false;
  const { quote, start, end } = citation;
  return quote !== '' && start >= 0 && document.text.slice(start, end) === quote;
}
