import { describe, expect, it } from 'vitest';
import { qrelsOf } from '../../../src/evaluation/formats/qrels.js';
import type { Run } from '../../../src/evaluation/formats/run.js';
import { type FusionOptions, fuseRankings, fuseRuns } from '../../../src/evaluation/fusion/fuse-runs.js';
import { NORMALISATIONS, normalise } from '../../../src/evaluation/fusion/normalise.js';
import { tuneFusion } from '../../../src/evaluation/fusion/tune-fusion.js';
import { prepareJudgements } from '../../../src/evaluation/judgements.js';
import { parseMeasure } from '../../../src/evaluation/measures/ranking/parse-measure.js';

const ranking = (scores: Record<string, number>) =>
  Object.entries(scores)
    .map(([documentId, score]) => ({ documentId, score }))
    .sort((a, b) => b.score - a.score);
const run = (name: string, topics: Record<string, Record<string, number>>): Run => ({
  name,
  topics: new Map(Object.entries(topics).map(([topic, scores]) => [topic, ranking(scores)])),
});
/** The three runs of ranx's unit tests. */
const runs = [
  run('1', { q1: { d1: 1, d2: 2, d3: 3 }, q2: { d1: 1, d2: 2 } }),
  run('2', { q1: { d1: 3, d2: 2 }, q2: { d1: 1, d3: 3 } }),
  run('3', { q1: { d3: 1 }, q2: { d2: 2, d3: 3 } }),
];
const fused = (options: FusionOptions, topic: string) =>
  Object.fromEntries(
    (fuseRuns(runs, options).topics.get(topic) ?? []).map(({ documentId, score }) => [documentId, score]),
  );

describe('fusion, as in ranx', () => {
  it('rrf', () => {
    expect(fused({ method: 'rrf' }, 'q1')).toEqual({ d1: 1 / 63 + 1 / 61, d2: 1 / 62 + 1 / 62, d3: 1 / 61 + 1 / 61 });
    expect(fused({ method: 'rrf' }, 'q2')).toEqual({ d1: 1 / 62 + 1 / 62, d2: 1 / 61 + 1 / 62, d3: 1 / 61 + 1 / 61 });
  });

  it('comb-sum and comb-mnz of scores as they are', () => {
    expect(fused({ method: 'comb-sum', normalisation: 'none' }, 'q1')).toEqual({ d1: 4, d2: 4, d3: 4 });
    expect(fused({ method: 'comb-mnz', normalisation: 'none' }, 'q2')).toEqual({ d1: 4, d2: 8, d3: 12 });
  });

  it('weighted sum', () => {
    const { d1, d2, d3 } = fused({ method: 'comb-sum', normalisation: 'none', weights: [0.3, 0.2, 0.5] }, 'q1');
    expect(d1).toBeCloseTo(0.3 * 1 + 0.2 * 3, 12);
    expect(d2).toBeCloseTo(0.3 * 2 + 0.2 * 2, 12);
    expect(d3).toBeCloseTo(0.3 * 3 + 0.5 * 1, 12);
  });

  it('borda: what a run did not find shares the points it left', () => {
    expect(fused({ method: 'borda' }, 'q1')).toEqual({ d1: 1 + 3 + 1.5, d2: 2 + 2 + 1.5, d3: 3 + 1 + 3 });
    expect(fused({ method: 'borda' }, 'q2')).toEqual({ d1: 2 + 2 + 1, d2: 3 + 1 + 2, d3: 1 + 3 + 3 });
  });

  it('best first, ties by descending id, no deeper than asked; a weight of 0 leaves a run out', () => {
    const order = (options: FusionOptions) =>
      fuseRankings([ranking({ a: 2, b: 1 }), ranking({ b: 2, a: 1, c: 0.5 })], options).map(
        ({ documentId }) => documentId,
      );
    expect(order({ method: 'rrf' })).toEqual(['b', 'a', 'c']);
    expect(order({ method: 'rrf', depth: 2 })).toEqual(['b', 'a']);
    expect(order({ method: 'rrf', weights: [1, 0] })).toEqual(['a', 'b']);
    expect(order({ method: 'rrf', weights: [2, 1] })).toEqual(['a', 'b', 'c']);
  });
});

describe('normalisation, as in ranx', () => {
  const scores = (how: (typeof NORMALISATIONS)[number], from = { d3: 3, d2: 2, d1: 1 } as Record<string, number>) =>
    normalise(ranking(from), how).map(({ score }) => score);

  it.each([
    ['none', [3, 2, 1]],
    ['min-max', [1, 0.5, 0]],
    ['max', [1, 2 / 3, 1 / 3]],
    ['sum', [2 / 3, 1 / 3, 0]],
    ['z-score', [1 / 0.816496580927726, 0, -1 / 0.816496580927726]],
    ['rank', [1, 2 / 3, 1 / 3]],
  ] as const)('%s', (how, expected) => {
    for (const [index, score] of scores(how).entries()) expect(score).toBeCloseTo(expected[index]!, 12);
  });

  it.each(NORMALISATIONS)('%s of equal scores is finite', (how) => {
    expect(scores(how, { a: 0, b: 0 }).every(Number.isFinite)).toBe(true);
    expect(scores(how, { a: 5 }).every(Number.isFinite)).toBe(true);
  });
});

describe('tuneFusion', () => {
  /** Run `good` has the relevant document first, `bad` last, on all topics but those named. */
  const topics = Array.from({ length: 12 }, (_, index) => `t${index}`);
  const judgements = prepareJudgements(
    qrelsOf(topics.map((topic) => ({ topic, documentId: 'r', relevance: 1, subtopic: '0' }))),
  );
  const good = run('good', Object.fromEntries(topics.map((topic) => [topic, { r: 9, x: 5, y: 1 }])));
  const bad = run('bad', Object.fromEntries(topics.map((topic) => [topic, { x: 9, y: 8, r: 1 }])));

  it('finds that one run is worth nothing, and says what is to be expected of new topics', () => {
    const tuned = tuneFusion([good, bad], judgements, parseMeasure('RR'), { methods: ['comb-sum'], folds: 3 });
    expect(tuned.fittedMean).toBe(1);
    expect(tuned.crossValidatedMean).toBe(1);
    expect(tuned.options.weights?.[0]).toBeGreaterThan(0.5);
    expect(tuned.folds.flatMap((fold) => fold.topics).toSorted()).toEqual(topics.toSorted());
    expect([...tuned.run.topics.values()].every((documents) => documents[0]?.documentId === 'r')).toBe(true);
  });

  it('judges a topic by settings that did not see it', () => {
    // On each topic another one of two runs is right: what is best on the others is worst on it.
    const odd = run(
      'odd',
      Object.fromEntries(
        topics.slice(0, 2).map((topic, index) => [topic, index === 0 ? { r: 2, x: 1 } : { x: 2, r: 1 }]),
      ),
    );
    const even = run(
      'even',
      Object.fromEntries(
        topics.slice(0, 2).map((topic, index) => [topic, index === 1 ? { r: 2, x: 1 } : { x: 2, r: 1 }]),
      ),
    );
    const two = prepareJudgements(
      qrelsOf(topics.slice(0, 2).map((topic) => ({ topic, documentId: 'r', relevance: 1, subtopic: '0' }))),
    );
    const tuned = tuneFusion([odd, even], two, parseMeasure('RR'), {
      methods: ['comb-sum'],
      normalisations: ['min-max'],
      weightStep: 0.5,
      folds: 2,
    });
    expect(tuned.fittedMean).toBeGreaterThan(tuned.crossValidatedMean);
    expect(tuned.crossValidatedMean).toBe(0.5);
  });
});
