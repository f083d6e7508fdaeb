import { describe, expect, it } from 'vitest';
import { chooseAnswerPassages, type PassageBudget } from '../../src/ranking/passage-budget.js';
import type { ScoredPassage } from '../../src/types.js';
import { passage, scored } from '../pipeline/fakes.js';

const chosen = (passages: readonly ScoredPassage[], budget: PassageBudget) =>
  chooseAnswerPassages(passages, budget).map(({ passage: { documentId } }) => documentId);

describe('chooseAnswerPassages', () => {
  it('takes the best, each text once, and no empty one', () => {
    const passages = scored([
      passage('a', 'One.'),
      passage('b', 'ONE.'),
      passage('c', ' '),
      passage('d', 'Two.'),
      passage('e', 'Three.'),
    ]);
    expect(chosen(passages, { limit: 2 })).toEqual(['a', 'd']);
  });

  it('takes passages as they are where none was reranked', () => {
    const passages = scored(['a', 'b', 'c'].map((name) => passage(name, `${name}.`)));
    expect(chosen(passages, { limit: 5, minRelevance: 0.5 })).toEqual(['a', 'b', 'c']);
  });

  it('leaves out what is hardly relevant, behind the second', () => {
    const relevance = [0.9, 0.01, 0.2, 0.04, undefined];
    const passages = scored(['a', 'b', 'c', 'd', 'e'].map((name) => passage(name, `${name}.`))).map(
      (one, index): ScoredPassage => ({ ...one, relevanceScore: relevance[index] }),
    );
    expect(chosen(passages, { limit: 5, minRelevance: 0.05 })).toEqual(['a', 'b', 'c']);
    expect(chosen(passages, { limit: 5 })).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(chosen(passages, { limit: 1, minRelevance: 0.95 })).toEqual(['a']);
  });
});
