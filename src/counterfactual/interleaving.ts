import { clusteredMean, type ValueEstimate } from './cluster-interval.js';

export type Team = 'a' | 'b';

/** A page made of two rankings. */
export interface InterleavedPage {
  documents: string[];
  /** Whose pick each document was; `null` for the documents both rankings begin with, which tell nothing. */
  teams: (Team | null)[];
}

/**
 * Team-draft interleaving (Radlinski, Kurup and Joachims 2008): in each round both rankings pick their best
 * document that is not on the page yet, in an order decided by a coin.
 *
 * @param random 0..1, 1 excluded.
 */
export function teamDraft(
  a: readonly string[],
  b: readonly string[],
  length: number,
  random: () => number,
): InterleavedPage {
  const page: InterleavedPage = { documents: [], teams: [] };
  const taken = new Set<string>();
  const picks: Record<Team, number> = { a: 0, b: 0 };
  const rankings: Record<Team, readonly string[]> = { a, b };
  const nextOf = (team: Team) => rankings[team].find((documentId) => !taken.has(documentId));
  while (page.documents.length < length) {
    const team: Team = picks.a < picks.b || (picks.a === picks.b && random() < 0.5) ? 'a' : 'b';
    const other: Team = team === 'a' ? 'b' : 'a';
    const owner = nextOf(team) === undefined ? other : team;
    const documentId = nextOf(owner);
    if (documentId === undefined) break;
    page.documents.push(documentId);
    page.teams.push(owner);
    taken.add(documentId);
    picks[owner] += 1;
  }
  return page;
}

/**
 * Balanced interleaving (Joachims 2003): the page's first documents are, at any length, the first of both
 * rankings, as equally deep as can be.
 *
 * @param startsWith Whose turn is first; decided by a coin for each page.
 */
export function balanced(a: readonly string[], b: readonly string[], length: number, startsWith: Team): string[] {
  const documents: string[] = [];
  const taken = new Set<string>();
  let [depthA, depthB] = [0, 0];
  while (documents.length < length && (depthA < a.length || depthB < b.length)) {
    const isA =
      depthB >= b.length || (depthA < a.length && (depthA < depthB || (depthA === depthB && startsWith === 'a')));
    const documentId = (isA ? a[depthA++] : b[depthB++]) as string;
    if (taken.has(documentId)) continue;
    taken.add(documentId);
    documents.push(documentId);
  }
  return documents;
}

/** Clicks that count for each ranking. */
export interface Credit {
  a: number;
  b: number;
}

/** @param clicked Places on the page, from 0. */
export function teamDraftCredit(teams: readonly (Team | null)[], clicked: Iterable<number>): Credit {
  const credit: Credit = { a: 0, b: 0 };
  for (const place of new Set(clicked)) {
    const team = teams[place];
    if (team) credit[team] += 1;
  }
  return credit;
}

/**
 * Clicks among the first k of each ranking, where k is the smallest depth of either at which the lowest clicked document
 * is found (Joachims 2003).
 */
export function balancedCredit(
  a: readonly string[],
  b: readonly string[],
  shown: readonly string[],
  clicked: Iterable<number>,
): Credit {
  const places = [...new Set(clicked)].filter((place) => place < shown.length);
  if (places.length === 0) return { a: 0, b: 0 };
  const lowest = shown[Math.max(...places)] as string;
  const depths = [a.indexOf(lowest), b.indexOf(lowest)].filter((index) => index >= 0);
  if (depths.length === 0) return { a: 0, b: 0 };
  const k = Math.min(...depths) + 1;
  const [firstA, firstB] = [new Set(a.slice(0, k)), new Set(b.slice(0, k))];
  const clicks = places.map((place) => shown[place] as string);
  return {
    a: clicks.filter((documentId) => firstA.has(documentId)).length,
    b: clicks.filter((documentId) => firstB.has(documentId)).length,
  };
}

/** Which ranking the clicks prefer. */
export interface InterleavingEstimate {
  pages: number;
  aWins: number;
  bWins: number;
  ties: number;
  /**
   * Share of pages that b wins, ties counting one half, minus 0.5; above 0 b is better (Chapelle et al. 2012).
   * `null` for fewer than two clusters.
   */
  delta: ValueEstimate | null;
  /** Two-sided sign test over the pages that are no ties; 1 without any. With clusters use the interval instead. */
  signTestP: number;
}

/** @param clusters User or session of each page. @default each page alone */
export function compareInterleaved(credits: readonly Credit[], clusters?: readonly string[]): InterleavingEstimate {
  const scores = credits.map(({ a, b }) => (Math.sign(b - a) + 1) / 2);
  const aWins = scores.filter((score) => score === 0).length;
  const bWins = scores.filter((score) => score === 1).length;
  return {
    pages: credits.length,
    aWins,
    bWins,
    ties: credits.length - aWins - bWins,
    delta: clusteredMean(
      scores.map((score) => score - 0.5),
      clusters,
    ),
    signTestP: signTest(Math.min(aWins, bWins), aWins + bWins),
  };
}

/** Two-sided binomial test of a fair coin, exact. */
function signTest(fewer: number, trials: number): number {
  if (trials === 0) return 1;
  let logChoose = 0;
  let tail = 0;
  for (let k = 0; k <= fewer; k++) {
    if (k > 0) logChoose += Math.log(trials - k + 1) - Math.log(k);
    tail += Math.exp(logChoose - trials * Math.LN2);
  }
  return Math.min(1, 2 * tail);
}
