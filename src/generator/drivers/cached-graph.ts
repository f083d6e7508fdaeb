import { type InferenceSession, Tensor } from 'onnxruntime-node';

/** How far the cache of one layer reaches: [1, heads, capacity, width]. */
export interface CacheShape {
  layers: number;
  heads: number;
  width: number;
  /** Tokens. */
  capacity: number;
}

/** What every graph of the policy wants to know of new tokens besides their contents. */
export type MaskFeeds = Readonly<Record<string, Tensor>>;

const KINDS = ['key', 'value'] as const;

/**
 * One of the graphs that `training/rlhf/export.py` describes, with its key-value cache. The cache is written where the
 * caller says, so going back to an earlier length costs nothing: what stands behind is ignored and overwritten.
 */
export class CachedGraph {
  readonly #session: InferenceSession;
  readonly #shape: CacheShape;
  /** Key, value, key, value, ... of the layers. */
  readonly #caches: Float32Array[];

  constructor(session: InferenceSession, shape: CacheShape) {
    this.#session = session;
    this.#shape = shape;
    const { layers, heads, capacity, width } = shape;
    this.#caches = Array.from({ length: layers * KINDS.length }, () => new Float32Array(heads * capacity * width));
  }

  /**
   * Runs new tokens behind the first `past` of the cache, and puts them there.
   *
   * @param window Tokens of the cache that the graph is shown, at least `past` and the new ones: the fewer the faster.
   */
  async run(feeds: MaskFeeds, output: string, past: number, window: number): Promise<Float32Array> {
    const { heads, width } = this.#shape;
    const inputs: Record<string, Tensor> = { ...feeds };
    for (const [index, cache] of this.#caches.entries()) {
      const shown = this.#view(cache, window);
      inputs[nameOf('past', index)] = new Tensor('float32', shown, [1, heads, window, width]);
    }
    const results = await this.#session.run(inputs);
    for (const [index, cache] of this.#caches.entries()) {
      const added = results[nameOf('new', index)]?.data as Float32Array;
      this.#write(this.#view(cache, window), added, past, window);
    }
    return results[output]?.data as Float32Array;
  }

  /** A copy of the tokens `start` .. `end` of the cache, as it is laid out for `window`. */
  copyOut(start: number, end: number, window: number): Float32Array {
    const { heads, width } = this.#shape;
    const piece = (end - start) * width;
    const copy = new Float32Array(this.#caches.length * heads * piece);
    let offset = 0;
    for (const cache of this.#caches) {
      for (let head = 0; head < heads; head++) {
        const from = (head * window + start) * width;
        copy.set(cache.subarray(from, from + piece), offset);
        offset += piece;
      }
    }
    return copy;
  }

  /** Puts back what `copyOut` gave, from token `start` on. */
  copyIn(copy: Float32Array, start: number, window: number): void {
    const size = copy.length / this.#caches.length;
    for (const [index, cache] of this.#caches.entries()) {
      this.#write(cache, copy.subarray(index * size, (index + 1) * size), start, window);
    }
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  /** A window uses the front of the buffer, heads side by side. */
  #view(cache: Float32Array, window: number): Float32Array {
    return cache.subarray(0, this.#shape.heads * window * this.#shape.width);
  }

  #write(cache: Float32Array, added: Float32Array, start: number, window: number): void {
    const { heads, width } = this.#shape;
    const piece = added.length / heads;
    for (let head = 0; head < heads; head++) {
      cache.set(added.subarray(head * piece, (head + 1) * piece), (head * window + start) * width);
    }
  }
}

const nameOf = (prefix: 'past' | 'new', index: number) =>
  `${prefix}.${Math.floor(index / KINDS.length)}.${KINDS[index % KINDS.length]}`;
