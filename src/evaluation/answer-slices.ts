import { ANSWER_METRICS, type AnswerMetric } from './answer-metrics.js';
import { type BootstrapOptions, bootstrap, type Estimate } from './bootstrap.js';
import type { JudgedAnswer } from './judge.js';

/** A part of the questions, measured alone. */
export interface AnswerSlice {
  questions: number;
  answerable: number;
  metrics: Record<AnswerMetric, Estimate>;
}

/** By kind and by language; a way of slicing with one slice only says nothing and is left out. */
export interface AnswerSlices {
  kind?: Record<string, AnswerSlice>;
  language?: Record<string, AnswerSlice>;
}

export function sliceAnswers(answers: readonly JudgedAnswer[], options: BootstrapOptions = {}): AnswerSlices {
  const kind = slicesBy(answers, (one) => one.kind, options);
  const language = slicesBy(answers, (one) => one.language ?? 'unknown', options);
  return { ...(kind && { kind }), ...(language && { language }) };
}

function slicesBy(answers: readonly JudgedAnswer[], keyOf: (one: JudgedAnswer) => string, options: BootstrapOptions) {
  const slices = new Map<string, JudgedAnswer[]>();
  for (const answer of answers) {
    const slice = slices.get(keyOf(answer));
    if (slice) slice.push(answer);
    else slices.set(keyOf(answer), [answer]);
  }
  if (slices.size < 2) return null;
  const entries = [...slices].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    entries.map(([name, part]): [string, AnswerSlice] => [
      name,
      {
        questions: part.length,
        answerable: part.filter((one) => one.answerable).length,
        metrics: bootstrap(part, ANSWER_METRICS, options),
      },
    ]),
  );
}
