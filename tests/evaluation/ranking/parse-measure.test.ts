import { describe, expect, it } from 'vitest';
import { qrelsOf } from '../../../src/evaluation/formats/qrels.js';
import { judgedRanking, prepareJudgements } from '../../../src/evaluation/judgements.js';
import { RANKING_MEASURES } from '../../../src/evaluation/measures/ranking/index.js';
import { parseMeasure, parseMeasures } from '../../../src/evaluation/measures/ranking/parse-measure.js';

/** Grades 2, none, 1, 0 by rank; a document of grade 3 is not found. */
const judgements = prepareJudgements(
  qrelsOf(
    Object.entries({ a: 2, b: 1, c: 0, d: 3 }).map(([documentId, relevance]) => ({
      ...{ topic: 'q', documentId, relevance, subtopic: '0' },
    })),
  ),
).topics[0]!;
const ranking = judgedRanking(judgements, Int32Array.from([0, -1, 1, 2]));
const value = (measure: string) => parseMeasure(measure).topic(ranking);

describe('parseMeasure', () => {
  it.each([
    ['P@2', 1 / 2],
    ['P(rel=2)@2', 1 / 2],
    ['P(rel=3)@4', 0],
    ['Precision@4', 2 / 4],
    ['R@4', 2 / 3],
    ['R(rel=2)@4', 1 / 2],
    ['RR', 1],
    ['MRR(rel=3)', 0],
    ['AP', (1 + 2 / 3) / 3],
    ['AP@2', 1 / 3],
    ['AP(rel=2)@100', 1 / 2],
    ['AP(judged_only=True)', 2 / 3],
    ['map_cut_2', 1 / 3],
    ['map', (1 + 2 / 3) / 3],
    ['P_4', 2 / 4],
    ['P.4', 2 / 4],
    ['recip_rank', 1],
    ['nDCG', (2 + 1 / 2) / (3 + 2 / Math.log2(3) + 1 / 2)],
    ['nDCG@1', 2 / 3],
    ['ndcg_cut_1', 2 / 3],
    ["nDCG(dcg='exp-log2')@1", 3 / 7],
    ['nDCG(gains={2:4, 3:4})@1', 1],
    ['RBP(p=0.5,rel=1)', 0.5 + 0.125],
    ['RBP(p=0.5)', (0.5 * 2 + 0.125) / 3],
    ['ERR@1', 3 / 16],
    ['ERR@3', 3 / 16 + ((13 / 16) * (1 / 16)) / 3],
    ['Judged@2', 1 / 2],
    ['Judged@10', 3 / 4],
    ['Success(rel=3)@4', 0],
    ['Rprec', 2 / 3],
    ['Bpref', 2 / 3],
    ['SetP', 2 / 4],
    ['SetRelP', 2 / 3],
    ['SetR', 2 / 3],
    ['SetF', (2 * 0.5 * (2 / 3)) / (0.5 + 2 / 3)],
    ['SetAP', 4 / 12],
    ['IPrec@0.5', 2 / 3],
    ['NumRet', 4],
    ['NumRet(rel=1)', 2],
    ['NumRel', 3],
    ['Accuracy', 1 - 1 / 4],
    ['alpha-nDCG@20', (1 + 0.5 / 2) / (1 + 0.5 / Math.log2(3) + 0.25 / 2)],
    ['α_nDCG(alpha=0)@20', (1 + 1 / 2) / (1 + 1 / Math.log2(3) + 1 / 2)],
  ])('%s', (measure, expected) => expect(value(measure)).toBeCloseTo(expected, 12));

  it('keeps the name as it was asked for, and splits at commas outside of brackets', () => {
    const measures = parseMeasures(['nDCG@10, RBP(p=0.8,rel=1)', 'AP', 'AP']);
    expect(measures.map(({ name }) => name)).toEqual(['nDCG@10', 'RBP(p=0.8,rel=1)', 'AP']);
  });

  it.each([
    ['nDGC@10', /measure nDGC@10: there is no such measure; there are nDCG, AP, RR/],
    ['P', /measure P: P needs @, such as P@10/],
    ['IPrec', /IPrec needs @/],
    ['P@0', /expected 1 or more for @, found 0/],
    ['P@2.5', /expected a whole number for @/],
    ['Rprec@10', /Rprec takes no @/],
    ['AP(level=2)', /AP has no parameter level; it has cutoff, rel, judged_only/],
    ['AP(toString=2)', /AP has no parameter toString/],
    ['AP(rel=two)', /expected a number for rel, found two/],
    ['AP(2)', /expected parameter=value, found 2/],
    ['nDCG(dcg=log10)', /expected log2 or exp-log2 for dcg/],
    ['nDCG(gains=3)', /expected grades with their gains/],
    ['AP(judged_only=maybe)', /expected True or False/],
    ['SDCG@10', /SDCG needs max_rel/],
  ])('%s: says what is wrong', (measure, message) => expect(() => parseMeasure(measure)).toThrow(message));

  it.each(RANKING_MEASURES.map(({ name, at, parameters }) => [name, at, parameters] as const))(
    '%s of an empty ranking is 0, a count, or not defined',
    (name, at, parameters) => {
      const required = Object.entries(parameters).filter(([, spec]) => spec.required);
      const given = required.map(([key]) => (key === 'recall' ? `${key}=0.5` : `${key}=5`)).join(',');
      const empty = judgedRanking(judgements, new Int32Array(0));
      const result = parseMeasure(given ? `${name}(${given})` : name).topic(empty);
      expect(result).toBe(name === 'Accuracy' ? null : name === 'NumRel' ? 3 : name === 'NumQ' ? 1 : 0);
      expect(at ?? 'cutoff').toMatch(/cutoff|recall/);
    },
  );
});
