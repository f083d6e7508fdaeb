import { clusteredError, clusteredMean, intervalOf, type ValueEstimate } from './cluster-interval.js';

/** A page of hits that somebody saw, with the clicks. */
export interface RankedImpression {
  /** Documents as shown, best first. */
  shown: readonly string[];
  /** Those that were clicked. */
  clicked: ReadonlySet<string>;
  /** The page that the ranker to be judged would show. */
  target: readonly string[];
  /** Expected relevance by document, 0..1, for DR. */
  predicted?: ReadonlyMap<string, number>;
  /** User or session. @default each impression alone */
  cluster?: string;
}

export interface RankingOptions {
  /** Probability that a reader looks at a rank, from 1; above 0 up to 1. */
  examination(rank: number): number;
  /** Documents of the target's page that count. @default 10 */
  depth?: number;
  /** Weights above are cut to it. @default none */
  maxWeight?: number;
}

/** Expected clicks on a page of the ranker to be judged. */
export interface RankingEstimates {
  impressions: number;
  /** Clicks on the logged pages, first `depth` ranks. */
  logged: ValueEstimate | null;
  ips: ValueEstimate | null;
  /** Documents that the log never showed count as the average of those it did, by examination. */
  snips: ValueEstimate | null;
  /** `null` unless every impression has predictions. */
  dr: ValueEstimate | null;
  /** Share of the target's examination that falls on documents the log had shown. Far below 1, trust nothing. */
  coverage: number;
}

/**
 * Estimates from clicks on logged pages how many another ranker would get, when a click needs a look (which depends on the
 * rank alone) and relevance (which does not): the position-based model.
 *
 * - IPS: mean over pages of the sum of clicks, each times examination at its target rank / at its logged rank (Joachims,
 *   Swaminathan and Schnabel 2017, with expected clicks as measure; Li et al. 2018, the document-based estimator);
 * - SNIPS: the same, over the sum of examination that it could have seen;
 * - DR: predictions for all of the target's page, corrected by the clicks (after Oosterhuis 2023).
 */
export function estimateRanker(
  impressions: readonly RankedImpression[],
  { examination, depth = 10, maxWeight = Number.POSITIVE_INFINITY }: RankingOptions,
): RankingEstimates {
  const clusters = impressions.map(({ cluster }, index) => cluster ?? `#${index}`);
  const parts = impressions.map((impression) => termsOf(impression, examination, depth, maxWeight));
  const total = (pick: (part: Terms) => number) => parts.reduce((sum, part) => sum + pick(part), 0);
  const [seen, all, ips] = [total((part) => part.seen), total((part) => part.all), total((part) => part.ips)];
  const drTerms = parts.map(({ dr }) => dr);
  return {
    impressions: impressions.length,
    logged: clusteredMean(
      parts.map(({ clicks }) => clicks),
      clusters,
    ),
    ips: clusteredMean(
      parts.map((part) => part.ips),
      clusters,
    ),
    snips: ratio(parts, ips / seen, all, seen, clusters),
    dr: drTerms.some((term) => term === null) ? null : clusteredMean(drTerms as number[], clusters),
    coverage: all === 0 ? 0 : seen / all,
  };
}

interface Terms {
  clicks: number;
  ips: number;
  /** Examination of the target's page on documents that the log showed, and on all. */
  seen: number;
  all: number;
  dr: number | null;
}

function termsOf(
  { shown, clicked, target, predicted }: RankedImpression,
  examination: (rank: number) => number,
  depth: number,
  maxWeight: number,
): Terms {
  const loggedRank = new Map(shown.map((documentId, index) => [documentId, index + 1]));
  const terms: Terms = { clicks: 0, ips: 0, seen: 0, all: 0, dr: predicted ? 0 : null };
  for (const documentId of shown.slice(0, depth)) if (clicked.has(documentId)) terms.clicks += 1;
  for (const [index, documentId] of target.slice(0, depth).entries()) {
    const look = examination(index + 1);
    const rank = loggedRank.get(documentId);
    const relevance = predicted?.get(documentId) ?? 0;
    terms.all += look;
    if (terms.dr !== null) terms.dr += look * relevance;
    if (rank === undefined) continue;
    const loggedLook = examination(rank);
    const weight = Math.min(maxWeight, look / loggedLook);
    const click = clicked.has(documentId) ? 1 : 0;
    terms.seen += weight * loggedLook;
    terms.ips += weight * click;
    if (terms.dr !== null) terms.dr += weight * (click - loggedLook * relevance);
  }
  return terms;
}

/** Clicks by examination seen, times the examination of a page; the error by the delta method. */
function ratio(
  parts: readonly Terms[],
  clickRate: number,
  all: number,
  seen: number,
  clusters: readonly string[],
): ValueEstimate | null {
  if (seen === 0) return null;
  const perPage = all / parts.length;
  const deviations = parts.map((part) => ((part.ips - clickRate * part.seen) * parts.length * perPage) / seen);
  const standardError = clusteredError(deviations, clusters);
  return standardError === null ? null : intervalOf(clickRate * perPage, standardError);
}

/** Examination that falls as a power of the rank: (1 / rank)^eta (Joachims et al. 2017). @param eta 0 or more. */
export const powerExamination =
  (eta: number) =>
  (rank: number): number =>
    rank ** -eta;
