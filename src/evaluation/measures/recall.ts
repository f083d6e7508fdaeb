/** Whether one of the wanted documents is among the first `k` hits. A question with several needs only one of them. */
export function foundWithin(k: number, hits: readonly string[], wanted: readonly string[]): boolean {
  return hits.slice(0, k).some((documentId) => wanted.includes(documentId));
}
