import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { ServiceError } from '../../errors.js';
import {
  type Administrator,
  type AuditEntry,
  isUsable,
  type Override,
  type OverrideRule,
  type OverrideStore,
  ruleKey,
} from '../overrides.js';

const entrySchema = z.object({
  at: z.iso.datetime(),
  by: z.string().nullable(),
  action: z.enum(['add', 'remove']),
  override: z.object({
    id: z.string().min(1),
    tenant: z.string().min(1),
    match: z.enum(['query', 'phrase', 'document']),
    value: z.string().min(1),
    action: z.enum(['allow', 'block']),
    reason: z.string(),
    createdAt: z.iso.datetime(),
    createdBy: z.string().nullable(),
  }),
});

interface Log {
  /** Size and time of the file that was read; another one has been written by another process. */
  version: string;
  entries: readonly AuditEntry[];
}

/**
 * The audit log is the store: a file of JSON lines, only ever appended to; the rules in force are what its lines add up to.
 * Before each query the file's size and time are looked at, so that what another process has written holds at once.
 */
export class FileOverrides implements OverrideStore {
  readonly #path: string;
  #log: Log = { version: '', entries: [] };
  /** Writers of this process, one after the other. */
  #writing: Promise<unknown> = Promise.resolve();

  /** @param path Need not exist before the first rule. */
  constructor(path: string) {
    this.#path = path;
  }

  async list(tenant: string): Promise<readonly Override[]> {
    return inForce(await this.#read()).filter((override) => override.tenant === tenant);
  }

  async add(rule: OverrideRule, { tenant, by }: Administrator): Promise<Override> {
    if (!isUsable(rule)) {
      const message = 'value: expected at least one letter or digit, since it would match nothing or everything.';
      throw new ServiceError('invalid-request', { message });
    }
    return await this.#inTurn(async () => {
      const at = new Date().toISOString();
      const override: Override = { ...rule, id: randomUUID(), tenant, createdAt: at, createdBy: by };
      const replaced = (await this.list(tenant)).filter((known) => ruleKey(known) === ruleKey(rule));
      const entries = replaced.map((known): AuditEntry => ({ at, by, action: 'remove', override: known }));
      await this.#append([...entries, { at, by, action: 'add', override }]);
      return override;
    });
  }

  async remove(id: string, { tenant, by }: Administrator): Promise<Override | null> {
    return await this.#inTurn(async () => {
      const override = (await this.list(tenant)).find((known) => known.id === id);
      if (!override) return null;
      await this.#append([{ at: new Date().toISOString(), by, action: 'remove', override }]);
      return override;
    });
  }

  async audit(tenant: string, limit: number): Promise<readonly AuditEntry[]> {
    const entries = await this.#read();
    return entries
      .filter(({ override }) => override.tenant === tenant)
      .slice(-limit)
      .reverse();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#writing.then(work);
    this.#writing = done.catch(() => undefined);
    return done;
  }

  /** On the disk before it is said to be done. */
  async #append(entries: readonly AuditEntry[]): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    const file = await open(this.#path, 'a', 0o600);
    try {
      const { size } = await file.stat();
      const known = size === 0 ? '' : await readFile(this.#path, 'utf8');
      // A line that was cut off was never confirmed; behind it a whole one could not be read.
      if (!known.endsWith('\n')) await file.truncate(Buffer.byteLength(known.slice(0, known.lastIndexOf('\n') + 1)));
      await file.appendFile(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #read(): Promise<readonly AuditEntry[]> {
    const found = await stat(this.#path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (!found) return [];
    const version = `${found.size} ${found.mtimeMs} ${found.ino}`;
    if (version !== this.#log.version) {
      this.#log = { version, entries: parse(this.#path, await readFile(this.#path, 'utf8')) };
    }
    return this.#log.entries;
  }
}

/** @throws ServiceError `invalid-config`, naming the line: a rule that is not understood must not silently stop to hold. */
function parse(path: string, text: string): AuditEntry[] {
  const lines = text.split('\n');
  // What stands behind the last line break was cut off while it was written, and never confirmed to anyone.
  return lines.slice(0, -1).flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return [entrySchema.parse(JSON.parse(line))];
    } catch (cause) {
      const message = `${path}:${index + 1}: expected a line of the audit log of overrides, found something else.`;
      throw new ServiceError('invalid-config', { message, cause });
    }
  });
}

function inForce(entries: readonly AuditEntry[]): Override[] {
  const known = new Map<string, Override>();
  for (const { action, override } of entries) {
    if (action === 'add') known.set(override.id, override);
    else known.delete(override.id);
  }
  return [...known.values()];
}
