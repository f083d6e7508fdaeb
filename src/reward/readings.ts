import type { Choice } from '../types.js';

/** A document among the hits, as far as it may be what a query means. */
export interface ReadingSource {
  title: string;
  documentId: string;
  /** Of the passage that was found. */
  text: string;
}

/** One thing that an ambiguous query may mean: a title of the corpus that the query names in part. */
export interface Reading extends Choice {
  /** Documents with this title. */
  documentIds: readonly string[];
}

/** Most choices a person is offered. */
export const MAX_CHOICES = 4;

/**
 * What a query may mean, by the titles of its hits; fewer than two readings are none (`[]`).
 *
 * A query is ambiguous when it names what several titles have in common and nothing of what tells them apart: `When did the
 * revolution begin?` with a French Revolution and a Russian Revolution in the corpus; `How far is Mercury from the sun?` with
 * Mercury (planet) and Mercury (element), unless the passages of one say more of the rest of the query (`sun`).
 *
 * @param sources Hits, best first.
 */
export function readingsOf(query: string, sources: readonly ReadingSource[]): Reading[] {
  const asked = termsOf(query);
  const titles = new Map<string, TitledSource>();
  for (const source of sources) {
    const parsed = parseTitle(source.title);
    const known = titles.get(source.title);
    if (known) {
      known.documentIds.add(source.documentId);
      known.text += ` ${source.text}`;
    } else titles.set(source.title, { ...parsed, ...source, documentIds: new Set([source.documentId]) });
  }
  const named = [...titles.values()].flatMap((title) => {
    const shared = title.base.filter((term) => asked.has(term));
    const apart = [...title.base, ...title.qualifier].filter((term) => !asked.has(term));
    return shared.length === 0 ? [] : [{ ...title, shared, apart }];
  });
  // A title that the query names whole is what it means.
  if (named.some(({ apart }) => apart.length === 0)) return [];
  const headed = named.filter(({ head, shared }) => shared.includes(head));
  const groups = groupBy(headed, ({ shared }) => shared.toSorted().join(' '));
  const group = [...groups.entries()].find(([, members]) => members.length >= 2);
  if (!group) return [];
  const [key, members] = group;
  const rest = [...asked].filter((term) => !key.split(' ').includes(term));
  const covers = ({ text }: TitledSource) => {
    const terms = termsOf(text);
    return rest.filter((term) => terms.has(term)).length;
  };
  const most = Math.max(...members.map(covers));
  const likely = members.filter((member) => covers(member) === most);
  if (likely.length < 2) return [];
  return likely.slice(0, MAX_CHOICES).map(({ title, shared, documentIds }) => ({
    label: title,
    query: withTitle(query, shared, title),
    documentIds: [...documentIds],
  }));
}

interface ParsedTitle {
  /** Terms of the name itself. */
  base: string[];
  /** Terms that tell it from others of the name: in brackets, or behind a comma. */
  qualifier: string[];
  /** The term that says what kind of thing it is: the last, or the one before `of`. */
  head: string;
}

interface TitledSource extends ParsedTitle, Omit<ReadingSource, 'documentId'> {
  documentIds: Set<string>;
}

function parseTitle(title: string): ParsedTitle {
  const [, name = title, qualifier = ''] = /^([^(（,，]+)[(（,，]([^)）]*)[)）]?.*$/u.exec(title) ?? [];
  const base = [...termsOf(name)];
  const before = / (?:of|in|at|for|von|du) /i.exec(name);
  const headed = before ? [...termsOf(name.slice(0, before.index))] : base;
  return { base, qualifier: [...termsOf(qualifier)], head: headed.at(-1) ?? '' };
}

const STOP_WORDS = new Set(
  (
    'a an and any are as at be been begin by can could did do does end for from had has have he her him his how i in is it its ' +
    'last many me much my name of on or our she so tell than that the their them then there they this those to us was we were ' +
    'what when where which who whom whose why will with would you your about happen start take place'
  ).split(' '),
);
const HAN_STOP =
  /什么时候|为什么|什么|时候|哪里|哪儿|哪个|哪些|哪一|多少|怎么|怎样|如何|是谁|谁|几|吗|呢|的|了|是|在|有|和|与|被|由|年|开始|结束/gu;

const segmenter = new Intl.Segmenter('und', { granularity: 'word' });

/** Telling words in their singular; Han text as pairs of characters, which need no dictionary. */
export function termsOf(text: string): Set<string> {
  const plain = text.normalize('NFKC').toLowerCase();
  const terms = new Set<string>();
  for (const { segment, isWordLike } of segmenter.segment(plain)) {
    if (!isWordLike || /\p{Script=Han}/u.test(segment) || STOP_WORDS.has(segment)) continue;
    terms.add(segment.replace(/['’]s$/, '').replace(/(?<=[a-z]{3})(?<![sui])s$/, ''));
  }
  for (const run of plain.replace(HAN_STOP, ' ').match(/\p{Script=Han}+/gu) ?? []) {
    if (run.length === 1) terms.add(run);
    for (let at = 0; at + 2 <= run.length; at++) terms.add(run.slice(at, at + 2));
  }
  return terms;
}

/** The query with the title where it names a part of it; the title added behind where no such place is found. */
function withTitle(query: string, shared: readonly string[], title: string): string {
  const plain = query.normalize('NFKC').toLowerCase();
  const places = shared.flatMap((term) => {
    const at = plain.indexOf(term);
    return at < 0 ? [] : [{ start: at, end: at + wordEnd(plain.slice(at), term) }];
  });
  if (places.length < shared.length || plain.length !== query.length) return `${query} (${title})`;
  const start = Math.min(...places.map((place) => place.start));
  const end = Math.max(...places.map((place) => place.end));
  // Words between those that the title shares would be lost.
  const between = [...termsOf(query.slice(start, end))].filter((term) => !shared.includes(term));
  return between.length > 0 ? `${query} (${title})` : query.slice(0, start) + title + query.slice(end);
}

/** The term and the ending that was cut from it. */
const wordEnd = (text: string, term: string) =>
  /\p{Script=Han}/u.test(term) ? term.length : (/^[\p{L}\p{N}]+/u.exec(text)?.[0].length ?? term.length);

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
