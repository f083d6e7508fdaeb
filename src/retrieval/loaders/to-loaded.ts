import type { Loaded, LoadedDocument, LoaderOptions } from './loader.js';
import { mediaWikiPages } from './mediawiki.js';
import { toDocument } from './record.js';

/** The documents of one JSON value: a record of ours, or pages in one of MediaWiki's forms. */
export function* toLoaded(
  value: unknown,
  place: Pick<LoadedDocument, 'file' | 'line'>,
  options: LoaderOptions,
): Generator<Loaded> {
  const pages = mediaWikiPages(value) ?? [{ record: value, headings: [] }];
  for (const page of pages) {
    if ('reason' in page) {
      yield { type: 'rejected', ...place, reason: page.reason };
      continue;
    }
    const { record, ...structure } = page;
    const document = toDocument(record, options);
    if ('reason' in document) yield { type: 'rejected', ...place, reason: document.reason };
    else yield { type: 'document', document, ...structure, ...place };
  }
}
