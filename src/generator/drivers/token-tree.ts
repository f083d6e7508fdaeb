import { Tensor } from 'onnxruntime-node';
import type { MaskFeeds } from './cached-graph.js';

/** Added to an attention score that must not count. */
const HIDDEN = -1e9;

/** A token that continues one branch. */
export interface BranchToken {
  branch: number;
  id: number;
}

/**
 * Several continuations of one text in one cache: a token sees the text and its own branch. All of them advance in one
 * run of the model, which reads its weights once for all. `training/rlhf/packing.py` does the same in training.
 */
export class TokenTree {
  readonly #rootLength: number;
  /** Branch of each token behind the root, in the order of the cache. */
  readonly #owners: number[] = [];
  readonly #lengths = new Map<number, number>();

  constructor(rootLength: number) {
    this.#rootLength = rootLength;
  }

  /** Tokens in the cache: root and all branches. */
  get size(): number {
    return this.#rootLength + this.#owners.length;
  }

  /** Adds tokens, those of one branch in order; returns what the graphs must be told about them. */
  append(tokens: readonly BranchToken[]): MaskFeeds {
    const past = this.size;
    const positions = tokens.map(({ branch }) => {
      const length = this.#lengths.get(branch) ?? 0;
      this.#lengths.set(branch, length + 1);
      this.#owners.push(branch);
      return this.#rootLength + length;
    });
    const total = this.size;
    const bias = new Float32Array(tokens.length * total);
    for (const [row, { branch }] of tokens.entries()) {
      for (const [index, owner] of this.#owners.entries()) {
        if (owner !== branch) bias[row * total + this.#rootLength + index] = HIDDEN;
      }
    }
    return maskFeeds(positions, bias, past);
  }
}

/** The feeds for tokens that simply follow one another behind `past` others. */
export function sequenceFeeds(past: number, count: number): MaskFeeds {
  const positions = Array.from({ length: count }, (_, index) => past + index);
  return maskFeeds(positions, new Float32Array(count * (past + count)), past);
}

function maskFeeds(positions: readonly number[], bias: Float32Array, past: number): MaskFeeds {
  const count = positions.length;
  const total = past + count;
  return {
    position_ids: new Tensor('int64', BigInt64Array.from(positions, BigInt), [1, count]),
    attention_bias: new Tensor('float32', bias, [1, 1, count, total]),
    past_length: new Tensor('int64', BigInt64Array.of(BigInt(past)), [1]),
    seqlens_k: new Tensor('int32', Int32Array.of(total - 1), [1]),
    total_sequence_length: new Tensor('int32', Int32Array.of(total), []),
  };
}
