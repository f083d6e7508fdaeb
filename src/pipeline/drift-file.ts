import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { DriftMemory } from '../reward/drift-monitor.js';

const probability = z.number().min(0).max(1);
const memorySchema = z.object({
  calibrator: z.string(),
  confidences: z.array(probability),
  outcomes: z.array(z.object({ confidence: probability, right: z.boolean() })),
});

/**
 * What was seen before the last restart; `undefined` when there is no such file yet. One that cannot be read is said, since
 * answers that were off are on again without it.
 */
export async function readDriftFile(path: string, warn: (message: string) => void): Promise<DriftMemory | undefined> {
  try {
    return memorySchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    warn(`${path}: what was known of the promise cannot be read, and is forgotten. ${why}`);
    return undefined;
  }
}

/** Writes the file one change after the other; of changes that come meanwhile only the last is written. */
export function driftFileWriter(path: string, warn: (message: string) => void): (memory: DriftMemory) => void {
  let waiting: DriftMemory | null = null;
  let isWriting = false;
  const write = async () => {
    isWriting = true;
    try {
      await mkdir(dirname(path), { recursive: true });
      while (waiting) {
        const text = JSON.stringify(waiting);
        waiting = null;
        await writeFile(`${path}.part`, text);
        await rename(`${path}.part`, path);
      }
    } catch (error) {
      warn(
        `${path}: what is known of the promise could not be kept. ${error instanceof Error ? error.message : error}`,
      );
    } finally {
      isWriting = false;
    }
  };
  return (memory) => {
    waiting = memory;
    if (!isWriting) void write();
  };
}
