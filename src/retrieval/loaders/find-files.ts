import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RejectedRecord } from './loader.js';

export type FileFormat =
  | 'json-lines'
  | 'json'
  | 'csv'
  | 'markdown'
  | 'html'
  | 'plain-text'
  | 'pdf'
  | 'docx'
  | 'sitemap'
  | 'elasticsearch';

export interface FoundFile {
  type: 'file';
  file: string;
  format: FileFormat;
  bytes: number;
}

const FORMATS: readonly [RegExp, FileFormat][] = [
  [/\.(?:jsonl|ndjson)(?:\.gz)?$/i, 'json-lines'],
  [/\.(?:md|markdown)$/i, 'markdown'],
  [/\.(?:html?|xhtml)$/i, 'html'],
  [/\.(?:txt|text)$/i, 'plain-text'],
  [/\.pdf$/i, 'pdf'],
  [/\.docx$/i, 'docx'],
];

/** Files of these kinds are read when they are named: in a folder they are more often something else. */
const NAMED_FORMATS: readonly [RegExp, FileFormat][] = [
  [/\.json$/i, 'json'],
  [/\.[ct]sv$/i, 'csv'],
  [/\.xml(?:\.gz)?$/i, 'sitemap'],
  [/\.source\.ya?ml$/i, 'elasticsearch'],
];

export const FORMAT_NAMES =
  '.jsonl, .jsonl.gz, .json, .csv, .md, .html, .txt, .pdf, .docx, a sitemap .xml or a .source.yaml';

/**
 * The files of some paths, folders with all below them, in the order of the paths and then by name. In a folder, hidden
 * files, links to folders and files of other kinds are passed over; a file that was named must be of a known kind.
 */
export async function findFiles(paths: readonly string[]): Promise<(FoundFile | RejectedRecord)[]> {
  const found: (FoundFile | RejectedRecord)[] = [];
  for (const path of paths) {
    const stats = await stat(path).catch((error: NodeJS.ErrnoException) => error);
    if (stats instanceof Error) {
      found.push({
        type: 'rejected',
        file: path,
        reason: stats.code === 'ENOENT' ? 'there is no such file' : stats.message,
      });
    } else if (stats.isDirectory()) found.push(...(await filesBelow(path)));
    else
      found.push(
        asFound(path, stats.size, [...FORMATS, ...NAMED_FORMATS]) ?? {
          type: 'rejected',
          file: path,
          reason: `expected one of ${FORMAT_NAMES}`,
        },
      );
  }
  return found;
}

async function filesBelow(folder: string): Promise<(FoundFile | RejectedRecord)[]> {
  let entries: Awaited<ReturnType<typeof list>>;
  try {
    entries = await list(folder);
  } catch (error) {
    return [{ type: 'rejected', file: folder, reason: `cannot be read: ${(error as Error).message}` }];
  }
  const found: (FoundFile | RejectedRecord)[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await filesBelow(path)));
    else {
      const stats = await stat(path).catch(() => null);
      const file = stats?.isFile() ? asFound(path, stats.size, FORMATS) : null;
      if (file) found.push(file);
    }
  }
  return found;
}

const list = (folder: string) => readdir(folder, { withFileTypes: true });

/** The format of a file of a kind that folders may hold, by its name. */
export const formatOf = (file: string, formats = FORMATS): FileFormat | undefined =>
  formats.find(([pattern]) => pattern.test(file))?.[1];

function asFound(file: string, bytes: number, formats: typeof FORMATS): FoundFile | null {
  const format = formatOf(file, formats);
  return format ? { type: 'file', file, format, bytes } : null;
}
