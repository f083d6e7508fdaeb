import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ServiceError } from '../../errors.js';
import { openModel } from '../../onnx/manifest.js';
import type { LinearHead } from '../linear-heads.js';

const settingsSchema = z.looseObject({
  hashBits: z.number().int().min(1).max(20),
  /** Heads in the order of their weights in `weights.bin`, 2^hashBits signed bytes each. */
  heads: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        intercept: z.number(),
        scale: z.number().nonnegative(),
        named: z.record(z.string(), z.number()).default({}),
      }),
    )
    .min(1),
  /** Least probability at which a head says yes, by its name. */
  thresholds: z.record(z.string(), z.number().min(0).max(1)),
});

/** A trained guard as it lies in its folder: `manifest.json` and `weights.bin`. */
export interface LinearModel {
  /** `name@version`. */
  modelId: string;
  hashBits: number;
  head(name: string): LinearHead;
  threshold(name: string): number;
  heads: readonly string[];
}

/** @throws ServiceError `model-missing` or `model-corrupt`, naming the file. */
export async function openLinearModel(dir: string): Promise<LinearModel> {
  const model = await openModel(dir);
  const parsed = settingsSchema.safeParse(model.manifest.settings);
  const corrupt = (message: string, cause?: unknown) =>
    new ServiceError('model-corrupt', { message: `${dir}: ${message}. Run: candor models verify`, cause });
  if (!parsed.success) throw corrupt(z.prettifyError(parsed.error), parsed.error);
  const { hashBits, heads, thresholds } = parsed.data;
  const bytes = await readFile(model.path('weights.bin'));
  const size = 2 ** hashBits;
  if (bytes.byteLength !== size * heads.length) {
    throw corrupt(`weights.bin: expected ${size * heads.length} bytes, found ${bytes.byteLength}`);
  }
  const byName = new Map(
    heads.map(({ name, ...head }, index): [string, LinearHead] => {
      const weights = new Int8Array(bytes.buffer, bytes.byteOffset + index * size, size);
      return [name, { ...head, weights }];
    }),
  );
  return {
    modelId: model.modelId,
    hashBits,
    heads: [...byName.keys()],
    head(name) {
      const head = byName.get(name);
      if (head) return head;
      throw corrupt(`expected a head '${name}', found ${[...byName.keys()].join(', ')}`);
    },
    threshold(name) {
      const threshold = thresholds[name];
      if (threshold !== undefined) return threshold;
      throw corrupt(`expected a threshold of '${name}'`);
    },
  };
}
