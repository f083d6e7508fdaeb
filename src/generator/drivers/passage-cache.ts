/** What the models computed for one passage. */
export interface PassageState {
  /** Tokens of the passage. */
  length: number;
  lower: Float32Array;
  /** Output of the shared layers, [length, hidden]: what the reward model starts from. */
  hidden: Float32Array;
  /** Absent until the policy has read the passage. */
  upper?: Float32Array;
  /** Absent until the reward model has. */
  reward?: Float32Array;
}

/** The passages read last, as far as memory allows. */
export class PassageCache {
  readonly #maxBytes: number;
  /** In the order of their last use. */
  readonly #states = new Map<string, PassageState>();

  /** @param maxBytes 0 keeps nothing. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: string): PassageState | undefined {
    const state = this.#states.get(key);
    if (state) this.set(key, state);
    return state;
  }

  /** Adds or refreshes one; the longest unused ones make room. */
  set(key: string, state: PassageState): void {
    this.#states.delete(key);
    this.#states.set(key, state);
    let bytes = [...this.#states.values()].reduce((sum, kept) => sum + bytesOf(kept), 0);
    for (const [oldest, kept] of this.#states) {
      if (bytes <= this.#maxBytes) break;
      this.#states.delete(oldest);
      bytes -= bytesOf(kept);
    }
  }
}

function bytesOf({ lower, hidden, upper, reward }: PassageState): number {
  return [lower, hidden, upper, reward].reduce((sum, array) => sum + (array?.byteLength ?? 0), 0);
}
