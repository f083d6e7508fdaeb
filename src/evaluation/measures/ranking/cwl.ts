import type { JudgedRanking } from '../../judgements.js';
import { type ParameterSpec, type Parameters, type RankingMeasure, REQUIRED_CUTOFF } from './measure.js';

/** Rankings are looked at to this depth; what was not retrieved gains nothing (as cwl_eval does). */
const DEPTH = 1000;

/**
 * Probability that a reader goes on to the next document.
 *
 * @param rank From 1.
 * @param gain Of this document, 0..1.
 * @param total Gain of this document and those before.
 */
type Continuation = (rank: number, gain: number, total: number) => number;

/**
 * A measure of the C/W/L framework (Moffat et al. 2017): the gain a reader has of a document on average, where the reader
 * sees document i with a weight that is the product of the continuations before it.
 */
function cwl(
  name: string,
  description: string,
  own: Readonly<Record<string, ParameterSpec>>,
  continuation: (parameters: Parameters) => Continuation,
): RankingMeasure {
  return {
    name,
    description,
    parameters: { ...own, min_rel: { type: 'integer', default: 0 }, max_rel: { type: 'integer', required: true } },
    with: (parameters) => {
      const goesOn = continuation(parameters);
      const [lowest, highest] = [parameters.number('min_rel'), parameters.number('max_rel')];
      const gainOf = (grade: number) => (Math.min(highest, Math.max(lowest, grade)) - lowest) / (highest - lowest);
      return ({ grades }: JudgedRanking) => {
        let [weight, weights, utility, total] = [1, 0, 0, 0];
        for (let rank = 1; rank <= DEPTH; rank++) {
          const grade = rank <= grades.length ? (grades[rank - 1] as number) : -1;
          const gain = grade < 0 ? 0 : gainOf(grade);
          total += gain;
          weights += weight;
          utility += weight * gain;
          weight *= goesOn(rank, gain, total);
        }
        return utility / weights;
      };
    },
  };
}

const T: ParameterSpec = { type: 'number', default: 1 };
/** How the readers of INSQ and INST go on: the further they are, the likelier. */
const square = (rank: number, wanted: number) => ((rank + wanted - 1) / (rank + wanted)) ** 2;

/** Moffat, Scholer and Thomas 2012. */
export const INSQ = cwl('INSQ', 'gain of a reader who wants T relevant documents', { T }, (parameters) => {
  const wanted = parameters.number('T');
  return (rank) => square(rank, 2 * wanted);
});

/** Moffat, Bailey, Scholer and Thomas 2015: INSQ of a reader who counts what was found. */
export const INST = cwl('INST', 'gain of a reader who wants T and counts what was found', { T }, (parameters) => {
  const wanted = parameters.number('T');
  return (rank, _, total) => square(rank, 2 * wanted - total);
});

/** Bejewelled player model, static (Zhang et al. 2017): the reader stops with gain T or after k documents. */
export const BPM = cwl(
  'BPM',
  'gain of a reader who stops with gain T or after k documents',
  { T, cutoff: REQUIRED_CUTOFF },
  (parameters) => {
    const [wanted, cutoff] = [parameters.number('T'), parameters.cutoff];
    return (rank, _, total) => (total < wanted && rank < cutoff ? 1 : 0);
  },
);

/** Scaled DCG: nDCG as if there were k documents of the highest grade. */
export const SDCG = cwl(
  'SDCG',
  'nDCG as if there were k documents of the highest grade',
  { cutoff: REQUIRED_CUTOFF, dcg: { type: ['log2'], default: 'log2' } },
  ({ cutoff }) =>
    (rank) =>
      rank < cutoff ? Math.log2(rank + 1) / Math.log2(rank + 2) : 0,
);

/** Azzopardi, Mackenzie and Moffat 2021, equation 8. */
export const NERR8 = cwl(
  'NERR8',
  'close to ERR: stops by gain, or after k documents',
  { cutoff: REQUIRED_CUTOFF },
  ({ cutoff }) =>
    (rank, gain) =>
      rank < cutoff ? 1 - gain : 0,
);

/** Equation 9: with ERR's discount. */
export const NERR9 = cwl(
  'NERR9',
  'close to ERR: stops by gain and rank, or after k documents',
  { cutoff: REQUIRED_CUTOFF },
  ({ cutoff }) =>
    (rank, gain) =>
      rank < cutoff ? (rank / (rank + 1)) * (1 - gain) : 0,
);

/** Equation 10: with the patience of RBP. */
export const NERR10 = cwl(
  'NERR10',
  'close to ERR: stops by gain, with the patience p of RBP',
  { p: { type: 'number', default: 0.9 } },
  (parameters) => {
    const p = parameters.number('p');
    return (_, gain) => p * (1 - gain);
  },
);

/** Equation 11: with the goal of INST. */
export const NERR11 = cwl('NERR11', 'close to ERR: stops by gain, with the goal T of INSQ', { T }, (parameters) => {
  const wanted = parameters.number('T');
  return (rank, gain) => square(rank, 2 * wanted) * (1 - gain);
});
