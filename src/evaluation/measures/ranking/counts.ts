import { countRelevant } from '../../judgements.js';
import { type RankingMeasure, REL, relevantWithin } from './measure.js';

/** Documents retrieved; with `rel` only those of at least that grade. Topics are added up. */
export const NumRet: RankingMeasure = {
  name: 'NumRet',
  description: 'documents retrieved',
  parameters: { rel: { type: 'integer' } },
  aggregate: 'sum',
  with: (parameters) => {
    const rel = parameters.optional('rel');
    return ({ grades }) => (rel === undefined ? grades.length : relevantWithin(grades, grades.length, rel));
  },
};

/** Relevant documents retrieved. Topics are added up. */
export const NumRelRet: RankingMeasure = {
  ...NumRet,
  name: 'NumRelRet',
  description: 'relevant documents retrieved',
  parameters: { rel: REL },
};

/** Relevant documents there are, retrieved or not. Topics are added up. */
export const NumRel: RankingMeasure = {
  name: 'NumRel',
  description: 'relevant documents there are',
  parameters: { rel: REL },
  aggregate: 'sum',
  with:
    ({ rel }) =>
    ({ judgements }) =>
      countRelevant(judgements, rel),
};

/** Topics. */
export const NumQ: RankingMeasure = {
  name: 'NumQ',
  description: 'topics',
  parameters: {},
  aggregate: 'sum',
  with: () => () => 1,
};
