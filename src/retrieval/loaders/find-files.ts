import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RejectedRecord } from './loader.js';

export type FileFormat = 'json-lines' | 'markdown' | 'html' | 'plain-text';

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
];

export const FORMAT_NAMES = '.jsonl, .jsonl.gz, .md, .html, .txt';

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
        asFound(path, stats.size) ?? { type: 'rejected', file: path, reason: `expected one of ${FORMAT_NAMES}` },
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
      const file = stats?.isFile() ? asFound(path, stats.size) : null;
      if (file) found.push(file);
    }
  }
  return found;
}

const list = (folder: string) => readdir(folder, { withFileTypes: true });

function asFound(file: string, bytes: number): FoundFile | null {
  const format = FORMATS.find(([pattern]) => pattern.test(file))?.[1];
  return format ? { type: 'file', file, format, bytes } : null;
}
