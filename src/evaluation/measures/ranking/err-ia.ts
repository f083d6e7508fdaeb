import { CUTOFF, JUDGED_ONLY, type RankingMeasure, REL } from './measure.js';
import { noveltyMeasure } from './novelty.js';

const ALPHA = 0.5;
const reciprocal = (rank: number) => 1 / (rank + 1);

/** Intent-aware ERR (Chapelle et al. 2009), compared with a ranking whose every document covers every subtopic. */
export const ERR_IA: RankingMeasure = {
  name: 'ERR_IA',
  aliases: ['ERR-IA'],
  description: 'expected reciprocal rank over subtopics',
  parameters: { cutoff: CUTOFF, rel: REL, judged_only: JUDGED_ONLY },
  with: ({ rel, cutoff }) => noveltyMeasure(rel, ALPHA, cutoff, reciprocal, 'perfect'),
};

/** The same, compared with the greedy ideal ranking. */
export const nERR_IA: RankingMeasure = {
  ...ERR_IA,
  name: 'nERR_IA',
  aliases: ['nERR-IA'],
  description: 'expected reciprocal rank over subtopics, compared with the greedy ideal ranking',
  with: ({ rel, cutoff }) => noveltyMeasure(rel, ALPHA, cutoff, reciprocal, 'ideal'),
};
