import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { reliabilityFigure, riskCoverageFigure } from '../../src/evaluation/report/confidence-figures.js';
import { toPng, writeFigure } from '../../src/evaluation/report/figure-file.js';

const answers = Array.from({ length: 60 }, (_, index) => ({ confidence: index / 60, right: index % 3 !== 0 }));
const worse = answers.map((answer, index) => ({ ...answer, right: index % 2 === 0 }));
const curve = (given: typeof answers) => riskCoverageFigure([{ name: 'confidence', answers: given }], 'Curve');

/** Width and height of a PNG: bytes 16 to 23, behind its signature and the head of its first chunk. */
const sizeOf = (png: Buffer) => [png.readUInt32BE(16), png.readUInt32BE(20)];

it('writes a PNG of twice the size beside the SVG', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'candor-figure-'));
  try {
    await writeFigure(join(dir, 'new'), 'reliability', reliabilityFigure(answers, 'Reliability'));
    expect((await readdir(join(dir, 'new'))).sort()).toEqual(['reliability.png', 'reliability.svg']);
    const png = await readFile(join(dir, 'new', 'reliability.png'));
    expect([...png.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    expect(sizeOf(png)).toEqual([1360, 944]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

it('draws another curve as another image, and the same one as the same', async () => {
  const [one, same, other] = await Promise.all([toPng(curve(answers)), toPng(curve(answers)), toPng(curve(worse))]);
  expect(one.equals(same)).toBe(true);
  expect(one.equals(other)).toBe(false);
});

it('draws the texts, in whatever family the figure names', async () => {
  const svg = (text: string, family: string) =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="80" height="20"><style>text{font:11px ${family}}</style><text y="15">${text}</text></svg>`;
  const [empty, sans, nowhere] = await Promise.all([
    toPng(svg('', 'sans-serif')),
    toPng(svg('0.8 right', 'system-ui,sans-serif')),
    toPng(svg('0.8 right', 'Nowhere')),
  ]);
  expect(sans.equals(empty)).toBe(false);
  expect(sans.equals(nowhere)).toBe(true);
});
