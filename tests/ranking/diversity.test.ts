import { expect, test } from 'vitest';
import { limitPerDocument } from '../../src/ranking/diversity.js';
import { passage } from '../contracts/reranker.js';

test('the first passages of each document stay, in order', () => {
  const found = ['a', 'a', 'b', 'a', 'b', 'c'].map((documentId, index) => ({
    passage: { ...passage('text'), id: `${documentId}#${index}`, documentId },
  }));
  const ids = (max: number) => limitPerDocument(found, max).map(({ passage: { id } }) => id);
  expect(ids(1)).toEqual(['a#0', 'b#2', 'c#5']);
  expect(ids(2)).toEqual(['a#0', 'a#1', 'b#2', 'b#4', 'c#5']);
});
