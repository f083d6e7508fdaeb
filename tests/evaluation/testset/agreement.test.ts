import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  cohenKappa,
  fleissKappa,
  krippendorffAlpha,
  measureAgreement,
  medianLabels,
} from '../../../src/evaluation/testset/agreement.js';

/** Rows of annotators, columns of items; a point is no label. */
function columns(...rows: string[]): number[][] {
  const table = rows.map((row) => row.split(' '));
  return table[0]!.map((_, item) => table.flatMap((row) => (row[item] === '.' ? [] : [Number(row[item])])));
}

const repeat = (pair: readonly [number, number], times: number) => Array.from({ length: times }, () => pair);

describe("Krippendorff's alpha", () => {
  // The example of Krippendorff 2011, section C and D: four observers, twelve units.
  const units = columns(
    '1 2 3 3 2 1 4 1 2 . . .',
    '1 2 3 3 2 2 4 1 2 5 . 3',
    '. 3 3 3 2 3 4 2 2 5 1 .',
    '1 2 3 3 2 4 4 1 2 5 1 .',
  );
  it.each([
    ['nominal', 0.743],
    ['ordinal', 0.815],
    ['interval', 0.849],
  ] as const)('%s', (scale, alpha) => {
    expect(krippendorffAlpha(units, scale)).toBeCloseTo(alpha, 3);
  });

  it('is 1 for full agreement and not defined when nothing varies', () => {
    expect(
      krippendorffAlpha([
        [1, 1],
        [2, 2],
      ]),
    ).toBe(1);
    expect(
      krippendorffAlpha([
        [1, 1],
        [1, 1],
      ]),
    ).toBeNull();
    expect(krippendorffAlpha([[1], [2]])).toBeNull();
  });
});

describe("Fleiss' kappa", () => {
  it('has the value of a well-known example: 14 raters, 10 items, 5 categories', () => {
    const counts = [
      [0, 0, 0, 0, 14],
      [0, 2, 6, 4, 2],
      [0, 0, 3, 5, 6],
      [0, 3, 9, 2, 0],
      [2, 2, 8, 1, 1],
      [7, 7, 0, 0, 0],
      [3, 2, 6, 3, 0],
      [2, 5, 3, 2, 2],
      [6, 5, 2, 1, 0],
      [0, 2, 2, 3, 7],
    ];
    const units = counts.map((row) => row.flatMap((count, category) => Array<number>(count).fill(category)));
    expect(fleissKappa(units)).toBeCloseTo(0.21, 3);
  });

  it('needs equally many labels', () => {
    expect(fleissKappa([[1, 2], [1]])).toBeNull();
    expect(fleissKappa([])).toBeNull();
  });

  const pandalm = fileURLToPath(new URL('../../../../shared/data/pandalm/testset-v1.json.gz', import.meta.url));
  it.skipIf(!existsSync(pandalm))('of the judges of PandaLM (skipped without ../shared/data)', () => {
    const rows = JSON.parse(gunzipSync(readFileSync(pandalm)).toString()) as Record<string, number>[];
    const units = rows.map(({ annotator1, annotator2, annotator3 }) =>
      [annotator1!, annotator2!, annotator3!].map(Number),
    );
    expect(fleissKappa(units)).toBeCloseTo(0.864, 3);
  });
});

describe("Cohen's kappa", () => {
  it('has the value of a well-known example, and of one by hand with squared distances', () => {
    const grants = [...repeat([1, 1], 20), ...repeat([1, 0], 5), ...repeat([0, 1], 10), ...repeat([0, 0], 15)];
    expect(cohenKappa(grants)).toBeCloseTo(0.4, 12);
    // Labels 0, 1, 2 and 0, 2, 2: squared distances 0 + 1 + 0 of 3; by chance (0 + 4 + 4 + 1 + 1 + 1 + 4 + 0 + 0) of 9.
    expect(
      cohenKappa(
        [
          [0, 0],
          [1, 2],
          [2, 2],
        ],
        'interval',
      ),
    ).toBeCloseTo(1 - 1 / 3 / (15 / 9), 12);
    expect(cohenKappa([])).toBeNull();
    expect(cohenKappa([[1, 1]])).toBeNull();
  });
});

it('measures all of a file, and takes the last word of an annotator', () => {
  const label = (item: string, annotator: string, value: number) => ({ item, annotator, value });
  const labels = [
    label('x', 'ann', 2),
    label('x', 'ben', 1),
    label('x', 'ann', 1),
    label('y', 'ann', 0),
    label('y', 'ben', 0),
  ];
  expect(measureAgreement([...labels, label('z', 'eve', 3)], 'nominal')).toEqual({
    items: 3,
    annotators: 3,
    labels: 5,
    observed: 1,
    alpha: 1,
    fleiss: null,
    pairs: [
      { annotators: ['ann', 'ben'], items: 2, kappa: 1 },
      { annotators: ['ann', 'eve'], items: 0, kappa: null },
      { annotators: ['ben', 'eve'], items: 0, kappa: null },
    ],
  });
  expect([...medianLabels([...labels, label('x', 'eve', 3), label('x', 'flo', 3)])]).toEqual([
    ['x', 1],
    ['y', 0],
  ]);
});
