import { type BootstrapOptions, bootstrap, type Estimate, type Measure, meanOf } from './bootstrap.js';
import { lengthControlledWinRate } from './length-control.js';
import { areaUnderRoc } from './measures/area-under-roc.js';
import { rankCorrelation } from './measures/rank-correlation.js';

/** What the judge and the gold answers say of one answer. */
export interface JudgedAlone {
  /** Above declining, unbounded. */
  reward: number;
  right: boolean;
  characters: number;
}

/** Two answers to one question, the own one and the other's. */
export interface JudgedPair {
  /** Preference of the judge for the own answer, 0..1, shown first, then shown second. */
  preference: { first: number; second: number };
  /** Token F1 with the gold answers; of a decline 1 on an unanswerable question, else 0. */
  f1: { own: number; other: number };
  characters: { own: number; other: number };
}

/** A judge that knows no gold answer, with the gold measures of the same answers beside it. */
export interface JudgeComparison {
  judgeId: string;
  judged: number;
  /** Answers, or with a rival pairs, that the judge could not read. */
  notJudged: number;
  alone: {
    /** Probability that a right answer is rewarded above a wrong one; 0.5 is chance. */
    auc: Estimate;
    /** Spearman's correlation of reward and length, -1..1: far from 0 the judge may weigh length. */
    lengthCorrelation: Estimate;
  };
  /** Only with a file of another system's answers. */
  against?: {
    name: string;
    pairs: number;
    /** Mean preference over both orders; ties count one half. */
    winRate: Estimate;
    /** What it would be between answers of one length. */
    lengthControlledWinRate: Estimate;
    /** Share of pairs with the same verdict in both orders. */
    positionConsistency: Estimate;
    /** Share of pairs of different length in which the longer answer is preferred. */
    longerPreferred: Estimate;
  };
  gold?: {
    /** Share of pairs in which the own answer has the higher F1; equal ones count one half. */
    winRate: Estimate;
    f1Difference: Estimate;
    /** Of the pairs with different F1: share in which the judge prefers the better one. */
    agreement: Estimate;
  };
}

export interface CompareOptions extends BootstrapOptions {
  judgeId: string;
  notJudged: number;
  /** Of the other system. */
  name?: string;
}

const mean = ({ preference }: JudgedPair) => (preference.first + preference.second) / 2;
const verdict = (preference: number) => Math.sign(preference - 0.5);
const asWin = (difference: number) => (1 + Math.sign(difference)) / 2;

const PAIR_MEASURES = {
  winRate: meanOf(mean),
  lengthControlledWinRate: (pairs) =>
    lengthControlledWinRate(
      pairs.map((pair) => ({ preference: mean(pair), lengthDifference: lengthDifference(pair) })),
    ),
  positionConsistency: meanOf(({ preference }) => Number(verdict(preference.first) === verdict(preference.second))),
  longerPreferred: meanOf((pair) => {
    const difference = lengthDifference(pair);
    return difference === 0 ? null : asWin(difference * verdict(mean(pair)));
  }),
  goldWinRate: meanOf(({ f1 }) => asWin(f1.own - f1.other)),
  f1Difference: meanOf(({ f1 }) => f1.own - f1.other),
  agreement: meanOf((pair) => {
    if (pair.f1.own === pair.f1.other) return null;
    return asWin((pair.f1.own - pair.f1.other) * verdict(mean(pair)));
  }),
} satisfies Record<string, Measure<JudgedPair>>;

const lengthDifference = ({ characters }: JudgedPair) => characters.own - characters.other;

/** @param pairs Of the questions that both systems answered; empty without a rival. */
export function compareByJudge(
  answers: readonly JudgedAlone[],
  pairs: readonly JudgedPair[],
  { judgeId, notJudged, name, ...options }: CompareOptions,
): JudgeComparison {
  const alone = bootstrap(
    answers,
    {
      auc: (sample) => areaUnderRoc(sample.map(({ reward, right }) => ({ score: reward, positive: right }))),
      lengthCorrelation: (sample) =>
        rankCorrelation(
          sample.map(({ reward }) => reward),
          sample.map(({ characters }) => characters),
        ),
    },
    options,
  );
  const comparison: JudgeComparison = { judgeId, judged: answers.length, notJudged, alone };
  if (name === undefined) return comparison;
  const { goldWinRate: winRate, f1Difference, agreement, ...against } = bootstrap(pairs, PAIR_MEASURES, options);
  return {
    ...comparison,
    against: { name, pairs: pairs.length, ...against },
    gold: { winRate, f1Difference, agreement },
  };
}
