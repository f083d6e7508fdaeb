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

/** What was seen before the last restart; `undefined` when there is no such file, or it is not one. */
export async function readDriftFile(path: string): Promise<DriftMemory | undefined> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return undefined;
  try {
    return memorySchema.safeParse(JSON.parse(text)).data;
  } catch {
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
