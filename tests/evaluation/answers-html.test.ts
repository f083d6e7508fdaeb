import { describe, expect, it } from 'vitest';
import { summariseAnswers } from '../../src/evaluation/answer-report.js';
import { answersHtml } from '../../src/evaluation/report/answers-html.js';
import { reliabilityPlot } from '../../src/evaluation/report/html/reliability-plot.js';
import { riskCoveragePlot } from '../../src/evaluation/report/html/risk-coverage-plot.js';
import { record, shownRecord } from './records.js';

const quote = 'The Nile is 6,853 km long.';
const records = [
  shownRecord('6,853 km', 0.9, quote, { id: 'a' }),
  shownRecord('<b>Cairo</b>', 0.85, quote, { id: 'b', question: 'Which & where?' }),
  record({ id: 'c', top: '6,853 km', confidence: 0.6, reason: 'low-confidence' }),
  record({ id: 'd', answerable: false, answers: [], refused: true, reason: 'declined' }),
];

describe('the report on answers', () => {
  const html = answersHtml(summariseAnswers(records), { description: '2026-11-24\nanswers <a>.jsonl' });

  it('is one page that loads nothing, and shows data as data', () => {
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(|https?:/);
    expect(html).toContain('2026-11-24<br>answers &lt;a&gt;.jsonl');
    expect(html).toContain('&lt;b&gt;Cairo&lt;/b&gt;');
    expect(html).not.toContain('<b>Cairo');
  });

  it('says what was shown, and names the answers to read', () => {
    expect(html).toContain('2 of 4 answered, 50.0 % of these right');
    const [, wrong = '', right = ''] = html.split(/<h2>(?:The surest wrong answers|Right, and not shown)<\/h2>/);
    expect(wrong).toContain('Which &amp; where?');
    expect(wrong).not.toContain('6,853 km</td><td class="text">6,853 km');
    expect(right).toContain('6,853 km</td><td class="text">6,853 km</td><td>60.0 %');
    for (const title of ['answerable: shown, wrong 1 (33.3 %)', 'unanswerable: refused 1 (100.0 %)', '2 shown (66.7 %'])
      expect(html).toContain(title);
  });

  it('has no curve without confidences', () => {
    const plain = answersHtml(summariseAnswers([record()]), { description: '' });
    expect(plain).toContain('no answer shown for 1 questions');
    expect(plain).toContain('there is no curve');
    expect(plain).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('plots of answers', () => {
  const numbers = (svg: string, name: string) =>
    [...svg.matchAll(new RegExp(`${name}="([\\d.-]+)"`, 'g'))].map(([, value]) => Number(value));

  it('reliability: a perfect bin stands on the diagonal, a boastful one below it', () => {
    const svg = reliabilityPlot([
      { confidence: 0.5, right: 0.5, count: 10 },
      { confidence: 1, right: 0.5, count: 10 },
    ]);
    const diagonal = /class="promise" x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)"/
      .exec(svg)!
      .slice(1)
      .map(Number);
    const [x1, y1, x2, y2] = diagonal as [number, number, number, number];
    const [cx, cy] = [numbers(svg, 'cx'), numbers(svg, 'cy')];
    expect(cx[0]).toBeCloseTo((x1 + x2) / 2, 0);
    expect(cy[0]).toBeCloseTo((y1 + y2) / 2, 0);
    expect(cx[2]).toBeCloseTo(x2, 0);
    expect(cy[2]).toBe(cy[0]);
    expect(svg).toContain('confidence 1.000: 5 of 10 right (50.0 %, 23.7 to 76.3)');
    expect(reliabilityPlot([])).toBe('');
  });

  it('risk and coverage: own curve over that of the best order, with what was shown', () => {
    // wrong, right, right, wrong by falling confidence; 4 answerable questions
    const points = [
      { minConfidence: 0.9, shown: 1, precision: 0 },
      { minConfidence: 0.8, shown: 2, precision: 1 / 2 },
      { minConfidence: 0.7, shown: 3, precision: 2 / 3 },
      { minConfidence: 0.6, shown: 4, precision: 1 / 2 },
    ];
    const svg = riskCoveragePlot({ points, answerable: 4, shown: { count: 2, precision: 0.5 } });
    const [best, own] = [...svg.matchAll(/<path[^>]* d="([^"]+)"/g)].map(([, path = '']) =>
      [...path.matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, , y]) => Number(y)),
    );
    expect(best).toHaveLength(4);
    const floor = best![0]!; // no risk
    const half = own![1]!;
    expect(own![0]).toBeLessThan(half); // higher up: all wrong
    expect(best!.slice(0, 2)).toEqual([floor, floor]);
    expect(best![3]).toBe(own![3]);
    expect(own![3]).toBe(half);
    expect(svg).toContain('as shown: 2 answers, 50.0 % right');
    expect(riskCoveragePlot({ points: [], answerable: 4, shown: null })).toBe('');
  });
});
