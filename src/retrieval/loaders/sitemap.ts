import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'node-html-parser';
import { startOf } from '../iso-date.js';
import { formatOf } from './find-files.js';
import { decodeUtf8, type Loaded, type LoaderOptions, MAX_RECORD_BYTES } from './loader.js';
import { type DocumentFormat, loadTextFile } from './text-file.js';

/** Sitemaps may name sitemaps, but not for ever. */
const MAX_DEPTH = 3;
const DOCUMENT_FORMATS: readonly string[] = [
  'markdown',
  'html',
  'plain-text',
  'pdf',
  'docx',
] satisfies DocumentFormat[];

interface Entry {
  location: string;
  changed?: string;
}

/**
 * The pages that a sitemap lists, from the files beside it; nothing is fetched. An address stands for the file that has its
 * path below the sitemap's folder, also with `.html` or `/index.html` behind it, or without the folders that all addresses
 * share. The address is the document's id and url, `lastmod` its date.
 */
export async function* loadSitemap(file: string, options: LoaderOptions, depth = 0): AsyncGenerator<Loaded> {
  let sitemap: { pages: Entry[]; sitemaps: Entry[] };
  try {
    sitemap = await readSitemap(file, options);
  } catch (error) {
    yield {
      type: 'rejected',
      file,
      reason: `cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    };
    return;
  }
  const { pages, sitemaps } = sitemap;
  if (depth === MAX_DEPTH && sitemaps.length > 0)
    yield { type: 'rejected', file, reason: 'sitemaps within sitemaps, too deep' };
  const locate = locator(dirname(file), [...pages, ...sitemaps]);
  for (const { location } of depth < MAX_DEPTH ? sitemaps : []) {
    const path = await locate(location);
    if (path === null)
      yield { type: 'rejected', file, reason: `${location}: there is no such file beside the sitemap` };
    else yield* loadSitemap(path, options, depth + 1);
  }
  for (const { location, changed } of pages) {
    const path = await locate(location);
    const format = path === null ? undefined : formatOf(path);
    if (path === null)
      yield { type: 'rejected', file, reason: `${location}: there is no such file beside the sitemap` };
    else if (!isDocumentFormat(format))
      yield { type: 'rejected', file, reason: `${location}: not a kind of file with one document` };
    else yield await loadTextFile(path, format, options, { id: location, url: location, ...dated(changed) });
  }
}

const isDocumentFormat = (format: string | undefined): format is DocumentFormat =>
  format !== undefined && DOCUMENT_FORMATS.includes(format);

const dated = (changed: string | undefined) =>
  changed !== undefined && !Number.isNaN(startOf(changed)) ? { date: changed } : {};

async function readSitemap(file: string, { maxRecordBytes = MAX_RECORD_BYTES }: LoaderOptions) {
  const { size } = await stat(file);
  if (size > maxRecordBytes) throw new Error(`larger than ${maxRecordBytes} bytes`);
  const bytes = await readFile(file);
  const text = decodeUtf8(file.endsWith('.gz') ? gunzipSync(bytes, { maxOutputLength: maxRecordBytes }) : bytes);
  const root = text === null ? null : parse(text.replace(/<!\[CDATA\[([\s\S]*?)\]\]>/g, '$1'));
  if (!root?.querySelector('urlset, sitemapindex')) throw new Error('expected a sitemap: <urlset> or <sitemapindex>');
  const entries = (name: string): Entry[] =>
    root.querySelectorAll(name).flatMap((entry) => {
      const location = entry.querySelector('loc')?.text.trim();
      const changed = entry.querySelector('lastmod')?.text.trim();
      return location ? [{ location, ...(changed && { changed }) }] : [];
    });
  return { pages: entries('url'), sitemaps: entries('sitemap') };
}

/** Addresses to files that exist, never outside of the folder. */
function locator(folder: string, entries: readonly Entry[]): (location: string) => Promise<string | null> {
  const shared = sharedFolder(entries.map(({ location }) => pathOf(location)));
  return async (location) => {
    const path = pathOf(location);
    for (const relative of new Set([path, path.startsWith(shared) ? path.slice(shared.length) : path])) {
      for (const candidate of [relative, `${relative}.html`, join(relative, 'index.html')]) {
        const full = join(folder, candidate);
        if (!resolve(full).startsWith(resolve(folder) + sep)) continue;
        if ((await stat(full).catch(() => null))?.isFile()) return full;
      }
    }
    return null;
  };
}

/** Path of an address, or of a path, without parameters; `%2e%2e/` cannot climb, since it is resolved first. */
function pathOf(location: string): string {
  try {
    return decodeURIComponent(new URL(location, 'file:///').pathname).replace(/\0/g, '');
  } catch {
    return '/';
  }
}

/** The folders that all paths begin with, without the last slash. */
function sharedFolder(paths: readonly string[]): string {
  const [first = '/', ...others] = paths;
  let shared = first.slice(0, first.lastIndexOf('/'));
  while (shared && !others.every((path) => path.startsWith(`${shared}/`)))
    shared = shared.slice(0, shared.lastIndexOf('/'));
  return shared;
}
