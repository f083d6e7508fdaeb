import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceError } from '../errors.js';
import type { Trace } from '../types.js';

/** What is kept of one search: enough for `replay`. */
export interface KeptTrace {
  requestId: string;
  /** ISO 8601. */
  at: string;
  query: string;
  trace: Trace;
}

/** Keeps the traces of the latest searches. They hold queries and passages: whoever may read the folder may read those. */
export interface TraceStore {
  /** Never fails: a search does not depend on its trace. */
  keep(kept: KeptTrace): Promise<void>;
}

const SUFFIX = '.trace.json';
const fileOf = (dir: string, requestId: string) => join(dir, `${encodeURIComponent(requestId)}${SUFFIX}`);

/** A file a search in one folder; every so often the oldest beyond `limit` are removed. */
export class FileTraceStore implements TraceStore {
  readonly #dir: string;
  readonly #limit: number;
  #written = 0;

  constructor({ dir, limit }: { dir: string; limit: number }) {
    this.#dir = dir;
    this.#limit = limit;
  }

  async keep(kept: KeptTrace): Promise<void> {
    try {
      await mkdir(this.#dir, { recursive: true, mode: 0o700 });
      const path = fileOf(this.#dir, kept.requestId);
      await writeFile(`${path}.part`, JSON.stringify(kept), { mode: 0o600 });
      await rename(`${path}.part`, path);
      this.#written += 1;
      if (this.#written % Math.max(1, Math.ceil(this.#limit / 10)) === 0) await this.#prune();
    } catch {
      // A full disk must not cost anyone an answer.
    }
  }

  async #prune(): Promise<void> {
    const names = (await readdir(this.#dir)).filter((name) => name.endsWith(SUFFIX));
    if (names.length <= this.#limit) return;
    const aged = await Promise.all(
      names.map(async (name) => ({ name, time: (await stat(join(this.#dir, name))).mtimeMs })),
    );
    aged.sort((a, b) => b.time - a.time);
    await Promise.all(aged.slice(this.#limit).map(({ name }) => rm(join(this.#dir, name), { force: true })));
  }
}

/** @throws ServiceError `not-found` when no trace of this request is kept, or any more. */
export async function readKeptTrace(dir: string, requestId: string): Promise<unknown> {
  const text = await readFile(fileOf(dir, requestId), 'utf8').catch((cause: unknown) => {
    throw new ServiceError('not-found', { message: `${dir}: there is no trace of the request ${requestId}.`, cause });
  });
  return JSON.parse(text) as unknown;
}
