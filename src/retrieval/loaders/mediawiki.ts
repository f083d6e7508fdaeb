import { z } from 'zod';
import type { MappedRecord } from './field-mapping.js';
import { parseHtml } from './html.js';
import { type ParsedText, wellFormed } from './loader.js';
import { TextBuilder } from './text-builder.js';
import { isRedirect, parseWikitext } from './wikitext.js';

/** A page that is none of ours to index. */
export interface SkippedPage {
  reason: string;
}

const text = z.string();
const scalarId = z.union([z.number(), z.string()]).transform(String);
/** `{"*": "…"}` in the older form of replies, the text itself in the newer one. */
const content = z.union([text, z.looseObject({ '*': text }).transform((value) => value['*'])]);
const revision = z.looseObject({
  timestamp: text.optional(),
  '*': text.optional(),
  content: text.optional(),
  slots: z.looseObject({ main: z.looseObject({ '*': text.optional(), content: text.optional() }) }).optional(),
});

/** `action=query` with `prop=extracts` or `prop=revisions`. */
const queryPage = z.looseObject({
  pageid: scalarId.optional(),
  title: text,
  extract: content.optional(),
  revisions: z.array(revision).optional(),
  fullurl: text.optional(),
  pagelanguage: text.optional(),
  touched: text.optional(),
  missing: z.unknown().optional(),
});
const query = z.looseObject({
  query: z.looseObject({ pages: z.union([z.array(queryPage), z.record(z.string(), queryPage)]) }),
});
/** `action=parse`. */
const parsed = z.looseObject({
  parse: z.looseObject({
    title: text,
    pageid: scalarId.optional(),
    text: content.optional(),
    wikitext: content.optional(),
  }),
});
/** `/page/TITLE` and `/page/TITLE/with_html` of the REST API. */
const restPage = z.looseObject({
  id: scalarId,
  key: text,
  title: text,
  latest: z.looseObject({ timestamp: text.optional() }),
  source: text.optional(),
  html: text.optional(),
});
/** A line of a search index dump (CirrusSearch); the line before it names the page. */
const searchPage = z.looseObject({
  title: text,
  text: text,
  namespace: z.number(),
  page_id: scalarId.optional(),
  language: text.optional(),
  timestamp: text.optional(),
});
/** A line of an extractor's output. */
const extracted = z.looseObject({ id: scalarId, revid: scalarId, url: text, title: text, text: text });

interface Page {
  id?: string;
  title: string;
  body?: ParsedText;
  url?: string;
  date?: string;
  language?: string;
  reason?: string;
}

/**
 * The pages of a reply of MediaWiki's APIs, or of a line of a dump or of an extractor's output; `null` for what is none of
 * these.
 */
export function mediaWikiPages(value: unknown): (MappedRecord | SkippedPage)[] | null {
  return pagesOf(value)?.map(toMapped) ?? null;
}

function pagesOf(value: unknown): Page[] | null {
  const asQuery = query.safeParse(value);
  if (asQuery.success) return Object.values(asQuery.data.query.pages).map(fromQuery);
  const asParse = parsed.safeParse(value);
  if (asParse.success) {
    const { title, pageid, text: html, wikitext } = asParse.data.parse;
    return [{ id: pageid, title, ...(html !== undefined ? { body: parseHtml(html) } : fromWikitext(wikitext)) }];
  }
  const asRest = restPage.safeParse(value);
  if (asRest.success) {
    const { id, title, latest, source, html } = asRest.data;
    const body = html !== undefined ? { body: parseHtml(html) } : fromWikitext(source);
    return [{ id, title, date: latest.timestamp, ...body }];
  }
  const asExtract = extracted.safeParse(value);
  if (asExtract.success) {
    const { id, title, url, text: body } = asExtract.data;
    return [{ id, title, url, body: parseExtract(body) }];
  }
  const asSearch = searchPage.safeParse(value);
  if (!asSearch.success) return isDumpHeader(value) ? [] : null;
  const { page_id: id, title, timestamp: date, language, text: body } = asSearch.data;
  return [{ id, title, date, language, body: parseExtract(body) }];
}

/** The line before a page in a dump: `{"index": {"_id": …}}`. */
const isDumpHeader = (value: unknown) => z.strictObject({ index: z.looseObject({}) }).safeParse(value).success;

function fromQuery(page: z.infer<typeof queryPage>): Page {
  const { pageid: id, title, extract, revisions, fullurl: url, pagelanguage: language, touched, missing } = page;
  if (missing !== undefined && missing !== false) return { title, reason: 'there is no such page' };
  const [newest] = revisions ?? [];
  const main = newest?.slots?.main ?? newest;
  const body = extract !== undefined ? { body: fromExtract(extract) } : fromWikitext(main?.content ?? main?.['*']);
  return { id, title, url, language, date: newest?.timestamp ?? touched, ...body };
}

function fromWikitext(source: string | undefined): Pick<Page, 'body' | 'reason'> {
  if (source === undefined) return { reason: 'it has no text: ask the API for prop=extracts or prop=revisions' };
  return isRedirect(source) ? { reason: 'it is a redirect' } : { body: parseWikitext(source) };
}

const fromExtract = (extract: string) => (/^\s*</.test(extract) ? parseHtml(extract) : parseExtract(extract));

/** Plain text in which `== Heading ==` stands on a line of its own. */
function parseExtract(source: string): ParsedText {
  const builder = new TextBuilder();
  for (const block of wellFormed(source).split('\n')) {
    const heading = /^(={2,6})\s*(.+?)\s*\1$/.exec(block.trim());
    if (heading) builder.heading(heading[2] ?? '', heading[1]?.length ?? 2);
    else builder.paragraph(block);
  }
  return { text: builder.text, headings: builder.headings };
}

function toMapped({ id, title, body, reason, ...rest }: Page): MappedRecord | SkippedPage {
  if (!body) return { reason: `${title}: ${reason ?? 'it has no text'}` };
  return {
    record: { ...rest, id: id ?? title, title, text: body.text },
    headings: body.headings,
    tables: body.tables,
  };
}
