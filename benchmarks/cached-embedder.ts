import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { passageText } from '../src/onnx/passage-text.js';
import type { EmbeddablePassage, Embedder } from '../src/retrieval/embedder.js';

const KEY_BYTES = 32;
/** Texts embedded between two writes to the file: what a stopped run loses at most. */
const TEXTS_A_WRITE = 64;

/**
 * Keeps vectors in a file, so that the same passages in another index, or in the next run, are not embedded again. A vector is
 * found by model and text; the file holds 32 bytes of key and the vector's floats, one record after the other.
 */
export class CachedEmbedder implements Embedder {
  readonly modelId: string;
  readonly dimensions: number;
  readonly maxTokens: number;
  readonly #inner: Embedder;
  readonly #path: string;
  readonly #known = new Map<string, Float32Array>();

  constructor(inner: Embedder, path: string) {
    this.modelId = inner.modelId;
    this.dimensions = inner.dimensions;
    this.maxTokens = inner.maxTokens;
    this.#inner = inner;
    this.#path = path;
    this.#read();
  }

  embedQueries(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    return this.#embed(
      texts.map((text) => this.#key('query', text)),
      (part) =>
        this.#inner.embedQueries(
          part.map((index) => texts[index] ?? ''),
          signal,
        ),
    );
  }

  embedPassages(passages: readonly EmbeddablePassage[], signal: AbortSignal): Promise<Float32Array[]> {
    return this.#embed(
      passages.map((passage) => this.#key('passage', passageText(passage))),
      (part) =>
        this.#inner.embedPassages(
          part.map((index) => passages[index] as EmbeddablePassage),
          signal,
        ),
    );
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #embed(
    keys: readonly string[],
    embed: (indexes: number[]) => Promise<Float32Array[]>,
  ): Promise<Float32Array[]> {
    const missing = keys.flatMap((key, index) => (this.#known.has(key) ? [] : [index]));
    for (let start = 0; start < missing.length; start += TEXTS_A_WRITE) {
      const part = missing.slice(start, start + TEXTS_A_WRITE);
      const vectors = await embed(part);
      for (const [place, index] of part.entries()) this.#keep(keys[index] as string, vectors[place] as Float32Array);
    }
    return keys.map((key) => this.#known.get(key) as Float32Array);
  }

  #key(kind: 'query' | 'passage', text: string): string {
    return createHash('sha256')
      .update(JSON.stringify([this.modelId, kind, text]))
      .digest('hex');
  }

  #keep(key: string, vector: Float32Array): void {
    if (this.#known.has(key)) return;
    this.#known.set(key, vector);
    const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
    appendFileSync(this.#path, Buffer.concat([Buffer.from(key, 'hex'), bytes]));
  }

  #read(): void {
    mkdirSync(dirname(this.#path), { recursive: true });
    if (!existsSync(this.#path)) return;
    const bytes = readFileSync(this.#path);
    const record = KEY_BYTES + this.dimensions * 4;
    for (let start = 0; start + record <= bytes.length; start += record) {
      const vector = new Float32Array(this.dimensions);
      Buffer.from(vector.buffer).set(bytes.subarray(start + KEY_BYTES, start + record));
      this.#known.set(bytes.toString('hex', start, start + KEY_BYTES), vector);
    }
  }
}
