import { loadCsv } from './csv.js';
import { loadElasticsearch } from './elasticsearch-source.js';
import { type FoundFile, findFiles } from './find-files.js';
import { loadJsonFile } from './json-file.js';
import { loadJsonLines } from './json-lines.js';
import type { Loaded, LoaderOptions } from './loader.js';
import { loadSitemap } from './sitemap.js';
import { loadTextFile } from './text-file.js';

/** Documents of files and folders, read as they are asked for. */
export interface Source {
  /** Size of all files, in bytes as they lie on the disk. */
  totalBytes: number;
  /** Documents and what was rejected, in the order of the files. May be read once. */
  items: AsyncIterable<Loaded>;
}

/** Looks for the files of some paths; nothing is read yet. */
export async function openSource(paths: readonly string[], options: LoaderOptions): Promise<Source> {
  const found = await findFiles(paths);
  const totalBytes = found.reduce((sum, one) => sum + (one.type === 'file' ? one.bytes : 0), 0);
  return { totalBytes, items: loadAll(found, options) };
}

/** The first document of an id counts; a later one is rejected, naming the place of the first. */
async function* loadAll(found: Awaited<ReturnType<typeof findFiles>>, options: LoaderOptions): AsyncGenerator<Loaded> {
  const places = new Map<string, string>();
  for (const one of found) {
    if (one.type === 'rejected') {
      yield one;
      continue;
    }
    for await (const loaded of loadFile(one, options)) {
      if (loaded.type === 'rejected') {
        yield loaded;
        continue;
      }
      const { document, file, line } = loaded;
      const first = places.get(document.id);
      if (first) yield { type: 'rejected', file, line, reason: `id ${document.id} is taken already by ${first}` };
      else {
        places.set(document.id, line ? `line ${line} of ${file}` : file);
        yield loaded;
      }
    }
  }
}

async function* loadFile({ file, format }: FoundFile, options: LoaderOptions): AsyncGenerator<Loaded> {
  if (format in LOADERS) yield* LOADERS[format as keyof typeof LOADERS](file, options);
  else yield await loadTextFile(file, format as Exclude<FoundFile['format'], keyof typeof LOADERS>, options);
}

/** Formats with several documents a file. */
const LOADERS = {
  'json-lines': loadJsonLines,
  json: loadJsonFile,
  csv: loadCsv,
  sitemap: loadSitemap,
  elasticsearch: loadElasticsearch,
};
