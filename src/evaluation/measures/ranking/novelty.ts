import type { JudgedRanking, TopicJudgements } from '../../judgements.js';

/** For each subtopic with a relevant document: which judged documents are relevant for it (1) and which not (0). */
export type SubtopicRelevance = readonly Uint8Array[];

/** Subtopics for which nothing is relevant are left out, as in ndeval. */
export function subtopicRelevance({ subtopics }: TopicJudgements, rel: number): SubtopicRelevance {
  return subtopics
    .map((grades) => Uint8Array.from(grades, (grade) => (grade >= rel ? 1 : 0)))
    .filter((relevant) => relevant.includes(1));
}

/**
 * What each document of a ranking adds that is new: the sum over its subtopics of (1 - alpha)^(documents seen on it).
 *
 * @param documents Numbers of judged documents by rank, -1 for others.
 */
export function noveltyGains(documents: Int32Array, relevance: SubtopicRelevance, alpha: number): Float64Array {
  const worth = new Float64Array(relevance.length).fill(1);
  return Float64Array.from(documents, (document) => {
    let gain = 0;
    for (let subtopic = 0; document >= 0 && subtopic < worth.length; subtopic++) {
      if (relevance[subtopic]?.[document] !== 1) continue;
      gain += worth[subtopic] as number;
      worth[subtopic] = (worth[subtopic] as number) * (1 - alpha);
    }
    return gain;
  });
}

/**
 * The ranking that takes at each rank the document that adds most; of equal ones that with the higher id, as ndeval does.
 * (The best ranking of all is hard to compute; this greedy one is what the measures are defined with.)
 */
export function greedyIdeal(judgements: TopicJudgements, relevance: SubtopicRelevance, alpha: number): Int32Array {
  const left = Array.from(judgements.grades.keys()).filter((document) =>
    relevance.some((relevant) => relevant[document] === 1),
  );
  left.sort((a, b) => judgements.documents.compare(b, a));
  const worth = new Float64Array(relevance.length).fill(1);
  const ideal = new Int32Array(left.length);
  for (let rank = 0; rank < ideal.length; rank++) {
    let [best, bestGain] = [0, -1];
    for (const [position, document] of left.entries()) {
      let gain = 0;
      for (let subtopic = 0; subtopic < worth.length; subtopic++)
        if (relevance[subtopic]?.[document] === 1) gain += worth[subtopic] as number;
      if (gain > bestGain) [best, bestGain] = [position, gain];
    }
    const [document = 0] = left.splice(best, 1);
    ideal[rank] = document;
    for (let subtopic = 0; subtopic < worth.length; subtopic++)
      if (relevance[subtopic]?.[document] === 1) worth[subtopic] = (worth[subtopic] as number) * (1 - alpha);
  }
  return ideal;
}

/** Sum of the gains of the first documents, each times the weight of its rank (from 0). */
export function weightedGain(gains: ArrayLike<number>, cutoff: number, weight: (rank: number) => number): number {
  let sum = 0;
  for (let rank = 0; rank < Math.min(cutoff, gains.length); rank++) sum += (gains[rank] as number) * weight(rank);
  return sum;
}

/**
 * A measure of novelty: weighted gain of the ranking, divided by that of the greedy ideal (`ideal`) or by what a ranking
 * would have whose every document is relevant for every subtopic (`perfect`).
 */
export function noveltyMeasure(
  rel: number,
  alpha: number,
  cutoff: number,
  weight: (rank: number) => number,
  norm: 'ideal' | 'perfect',
) {
  const ideals = new WeakMap<TopicJudgements, { relevance: SubtopicRelevance; best: number }>();
  return ({ documents, judgements }: JudgedRanking): number => {
    let known = ideals.get(judgements);
    if (!known) {
      const relevance = subtopicRelevance(judgements, rel);
      const ideal =
        norm === 'ideal'
          ? noveltyGains(greedyIdeal(judgements, relevance, alpha), relevance, alpha)
          : perfectGains(relevance.length, alpha, cutoff);
      known = { relevance, best: weightedGain(ideal, cutoff, weight) };
      ideals.set(judgements, known);
    }
    if (known.best === 0) return 0;
    const seen = documents.length > cutoff ? documents.subarray(0, cutoff) : documents;
    return weightedGain(noveltyGains(seen, known.relevance, alpha), cutoff, weight) / known.best;
  };
}

/** Far beyond this rank nothing is left to gain. */
const PERFECT_DEPTH = 1000;

function perfectGains(subtopics: number, alpha: number, cutoff: number): Float64Array {
  return Float64Array.from({ length: Math.min(cutoff, PERFECT_DEPTH) }, (_, rank) => subtopics * (1 - alpha) ** rank);
}
