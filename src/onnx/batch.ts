import type { EncodedText } from './tokenizer.js';

/** Equal-length rows of token ids, as an encoder takes them; shape [rows, columns], row after row. */
export interface TokenBatch {
  rows: number;
  columns: number;
  inputIds: BigInt64Array;
  /** 1 for a token, 0 for padding. */
  attentionMask: BigInt64Array;
  typeIds: BigInt64Array;
}

/** Pads on the right to the longest row. */
export function padBatch(texts: readonly EncodedText[], padId: number): TokenBatch {
  const rows = texts.length;
  const columns = Math.max(1, ...texts.map(({ ids }) => ids.length));
  const inputIds = new BigInt64Array(rows * columns).fill(BigInt(padId));
  const attentionMask = new BigInt64Array(rows * columns);
  const typeIds = new BigInt64Array(rows * columns);
  for (const [row, text] of texts.entries()) {
    const offset = row * columns;
    inputIds.set(text.ids.map(BigInt), offset);
    typeIds.set(text.typeIds.map(BigInt), offset);
    attentionMask.fill(1n, offset, offset + text.ids.length);
  }
  return { rows, columns, inputIds, attentionMask, typeIds };
}
