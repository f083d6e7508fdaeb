/** What the words of a query say about the age of what is wanted. */
export interface DateWords {
  /** Newer documents are better ones. */
  prefersNewer: boolean;
  /** Days that words such as `last week` mean, ISO 8601, inclusive; documents of these days are better ones. */
  dateFrom?: string;
  dateTo?: string;
}

const NEWER =
  /\b(?:latest|newest|most recent|recent(?:ly)?|breaking|up[- ]to[- ]date|nowadays|these days|right now|current(?:ly)?|today|yesterday|this (?:week|month|year)|last (?:week|month)|past (?:week|month)|news)\b|最新|最近|今天|昨天|目前|现在|本周|上周|本月|上个月|今年|新闻/iu;
const DAY_MS = 86_400_000;

type Range = (today: number) => [from: number, to: number];
const RANGES: readonly [RegExp, Range][] = [
  [/\btoday\b|今天/iu, (today) => [today, today]],
  [/\byesterday\b|昨天/iu, (today) => [today - DAY_MS, today - DAY_MS]],
  [/\bthis week\b|本周/iu, (today) => [mondayOf(today), today]],
  [/\blast week\b|上周/iu, (today) => [mondayOf(today) - 7 * DAY_MS, mondayOf(today) - DAY_MS]],
  [/\bpast week\b/iu, (today) => [today - 7 * DAY_MS, today]],
  [/\bthis month\b|本月/iu, (today) => [monthOf(today, 0), today]],
  [/\blast month\b|上个月/iu, (today) => [monthOf(today, -1), monthOf(today, 0) - DAY_MS]],
  [/\bpast month\b/iu, (today) => [today - 30 * DAY_MS, today]],
  [/\bthis year\b|今年/iu, (today) => [Date.UTC(new Date(today).getUTCFullYear(), 0, 1), today]],
];

/**
 * A year in a query is most often what the text is about, not when it was written, so it is left alone: `after:` and `before:`
 * ask for dates of documents.
 *
 * @param now Milliseconds; days are those of UTC.
 */
export function readDateWords(text: string, now: number): DateWords {
  const today = now - (now % DAY_MS);
  const range = RANGES.find(([words]) => words.test(text))?.[1](today);
  return {
    prefersNewer: NEWER.test(text),
    ...(range && { dateFrom: dayOf(range[0]), dateTo: dayOf(range[1]) }),
  };
}

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const mondayOf = (today: number) => today - ((new Date(today).getUTCDay() + 6) % 7) * DAY_MS;
function monthOf(today: number, shift: number): number {
  const date = new Date(today);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + shift, 1);
}
