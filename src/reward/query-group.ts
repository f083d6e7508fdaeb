import type { QueryKind } from '../types.js';
import type { Calibrator } from './calibrator.js';

/** What queries are told apart by: confidences mean different things in another language, or behind a few words. */
export interface QueryGroup {
  /** ISO 639-1; `null`: not known, as of one word. */
  language: string | null;
  kind: QueryKind;
}

/** Such as `en question`; `? keyword` where the language is not known. */
export const groupName = ({ language, kind }: QueryGroup): string => `${language ?? '?'} ${kind}`;

/**
 * The calibrator as it counts for one query: with map and threshold of the query's group where it has its own, else as it
 * is. Version and everything else stay. A query that was not looked at (`kind` unknown) is of no group.
 */
export function calibratorFor(
  calibrator: Calibrator,
  { language = null, kind }: { language?: string | null | undefined; kind?: QueryKind | undefined },
): Calibrator {
  const group = calibrator.groups?.find((each) => each.kind === kind && each.language === language);
  if (!group) return calibrator;
  const { isotonic, minConfidence } = group;
  return { ...calibrator, isotonic, minConfidence };
}

/** The least confidence from which on any query's answer is shown. */
export const lowestThreshold = ({ minConfidence, groups = [] }: Calibrator): number =>
  Math.min(minConfidence, ...groups.map((group) => group.minConfidence));
