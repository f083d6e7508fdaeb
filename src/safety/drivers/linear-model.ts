import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ServiceError } from '../../errors.js';
import { openModel } from '../../onnx/manifest.js';
import type { LinearHead } from '../linear-heads.js';

/** Of the folder. 1 knew no vectors and did not say its number. */
const FORMAT = 2;

const settingsSchema = z.looseObject({
  format: z.literal(FORMAT, {
    error: ({ input }) => `expected format ${FORMAT}, found ${input ?? 'none'}: train the guard again (docs/safety.md)`,
  }),
  hashBits: z.number().int().min(1).max(20),
  /** Whose vectors the heads have learnt from; absent where they need none. */
  embedder: z.strictObject({ modelId: z.string().min(1), dimensions: z.number().int().positive() }).optional(),
  /**
   * Heads in the order of their weights in `weights.bin`: 2^hashBits signed bytes each, and one for each dimension of the
   * embedder.
   */
  heads: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        intercept: z.number(),
        scale: z.number().nonnegative(),
        named: z.record(z.string(), z.number()).default({}),
        denseScale: z.number().nonnegative().default(0),
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

/** Who made the vectors that a model gets to see. */
export interface VectorSource {
  modelId: string;
  dimensions: number;
}

/**
 * @param vectors `null`: the caller has none, so a model that has learnt from some is refused.
 * @throws ServiceError `model-missing` or `model-corrupt`, naming the file.
 */
export async function openLinearModel(dir: string, vectors: VectorSource | null = null): Promise<LinearModel> {
  const model = await openModel(dir);
  const parsed = settingsSchema.safeParse(model.manifest.settings);
  const corrupt = (message: string, cause?: unknown) =>
    new ServiceError('model-corrupt', { message: `${dir}: ${message}. Run: candor models verify`, cause });
  if (!parsed.success) throw corrupt(z.prettifyError(parsed.error), parsed.error);
  const { hashBits, embedder, heads, thresholds } = parsed.data;
  if (embedder && (embedder.modelId !== vectors?.modelId || embedder.dimensions !== vectors.dimensions)) {
    throw new ServiceError('model-corrupt', { message: `${dir}: ${otherVectors(embedder, vectors)}` });
  }
  const bytes = await readFile(model.path('weights.bin'));
  const buckets = 2 ** hashBits;
  const size = buckets + (embedder?.dimensions ?? 0);
  if (bytes.byteLength !== size * heads.length) {
    throw corrupt(`weights.bin: expected ${size * heads.length} bytes, found ${bytes.byteLength}`);
  }
  const byName = new Map(
    heads.map(({ name, ...head }, index): [string, LinearHead] => {
      const row = new Int8Array(bytes.buffer, bytes.byteOffset + index * size, size);
      return [name, { ...head, weights: row.subarray(0, buckets), dense: row.subarray(buckets) }];
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

const otherVectors = (wanted: VectorSource, given: VectorSource | null) =>
  `has learnt from vectors of ${nameOf(wanted)}, and gets ${given ? `those of ${nameOf(given)}` : 'none'}. ` +
  'Set CANDOR_QUERY_GUARD_EMBEDDER_MODEL to a folder with that model.';

const nameOf = ({ modelId, dimensions }: VectorSource) => `${modelId} (${dimensions} dimensions)`;
