import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { ServiceError } from '../errors.js';

const manifestSchema = z.looseObject({
  name: z.string().min(1),
  version: z.string().min(1),
  /** Path inside the model's folder -> size and SHA-256 (hex). */
  files: z.record(
    z.string(),
    z.object({ bytes: z.number().int().positive(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
  /** Version of the prompt template the model was trained with; only for models that read prompts. */
  promptVersion: z.string().optional(),
  /** What the driver needs to know about this export: layers, special tokens, calibration. The driver checks it. */
  settings: z.record(z.string(), z.unknown()).default({}),
});

/** What `models/<name>/manifest.json` says. */
export type Manifest = z.infer<typeof manifestSchema>;

export interface ModelFolder {
  dir: string;
  manifest: Manifest;
  /** `name@version`, for indexes, calibrators, traces and metrics. */
  modelId: string;
  /** SHA-256 over all file hashes: two models are the same exactly when this is. */
  digest: string;
  /** Full path of a file the manifest names. */
  path(file: string): string;
}

const REMEDY = 'Restore the folder from the repository or export the model again, then run: candor models verify';

const missing = (path: string, expected: string, cause?: unknown) =>
  new ServiceError('model-missing', { message: `${path}: expected ${expected}, found no file. ${REMEDY}`, cause });

const corrupt = (path: string, expected: string, found: string, cause?: unknown) =>
  new ServiceError('model-corrupt', { message: `${path}: expected ${expected}, found ${found}. ${REMEDY}`, cause });

/**
 * Reads a model's manifest and checks that each of its files is there with the right size. Hashes are left to
 * `verifyModel`, which reads every byte.
 *
 * @throws ServiceError `model-missing` or `model-corrupt`, naming the file, what was expected and what to run.
 */
export async function openModel(dir: string): Promise<ModelFolder> {
  const manifestPath = join(dir, 'manifest.json');
  const manifest = parseManifest(manifestPath, await readManifest(manifestPath));
  await Promise.all(Object.entries(manifest.files).map(([file, { bytes }]) => checkSize(join(dir, file), bytes)));
  return {
    dir,
    manifest,
    modelId: `${manifest.name}@${manifest.version}`,
    digest: digestOf(manifest),
    path(file) {
      if (file in manifest.files) return join(dir, file);
      throw corrupt(manifestPath, `an entry for ${file}`, 'none');
    },
  };
}

/** As `openModel`, and compares the SHA-256 of every file. */
export async function verifyModel(dir: string): Promise<ModelFolder> {
  const model = await openModel(dir);
  for (const [file, { sha256 }] of Object.entries(model.manifest.files)) {
    const path = join(dir, file);
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    const found = hash.digest('hex');
    if (found !== sha256) throw corrupt(path, `SHA-256 ${sha256}`, found);
  }
  return model;
}

async function readManifest(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw missing(path, 'the manifest of a model', cause);
  }
}

function parseManifest(path: string, text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw corrupt(path, 'JSON', 'something else', cause);
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) throw corrupt(path, 'a manifest', z.prettifyError(parsed.error), parsed.error);
  return parsed.data;
}

async function checkSize(path: string, bytes: number): Promise<void> {
  const found = await stat(path).catch((cause: unknown) => {
    throw missing(path, `a file of ${bytes} bytes`, cause);
  });
  if (found.size !== bytes) throw corrupt(path, `${bytes} bytes`, `${found.size}`);
}

function digestOf({ files }: Manifest): string {
  const lines = Object.keys(files)
    .sort()
    .map((file) => `${file} ${files[file]?.sha256}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}
