import { open, readFile, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { abortError } from '../../errors.js';

const RETRY_MS = 50;
/** A lock of another machine, whose processes cannot be seen, counts as left behind after this time. */
const FOREIGN_STALE_MS = 600_000;

const heldHere = new Set<string>();

/**
 * Runs `work` while no other process writes to the folder. Writers wait for each other; a lock that a killed process left
 * is taken over. Readers need none.
 */
export async function withWriterLock<T>(dir: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const path = join(dir, 'writer.lock');
  while (!(await acquire(path))) {
    if (signal.aborted) throw abortError(signal);
    await sleep(RETRY_MS);
  }
  try {
    return await work();
  } finally {
    heldHere.delete(path);
    await rm(path, { force: true });
  }
}

async function acquire(path: string): Promise<boolean> {
  if (heldHere.has(path)) return false;
  try {
    const file = await open(path, 'wx');
    heldHere.add(path);
    await file.writeFile(JSON.stringify({ pid: process.pid, host: hostname() }));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (!heldHere.has(path) && (await isLeftBehind(path))) await rm(path, { force: true });
    return false;
  }
}

async function isLeftBehind(path: string): Promise<boolean> {
  try {
    const ageMs = Date.now() - (await stat(path)).mtimeMs;
    const text = await readFile(path, 'utf8');
    if (text === '') return ageMs > 1_000; // just made, or its writer died between two calls
    const { pid, host } = JSON.parse(text) as { pid: number; host: string };
    if (host !== hostname()) return ageMs > FOREIGN_STALE_MS;
    return pid === process.pid || !isAlive(pid);
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
