import type { AnswerConstraint, ConstrainedAnswer } from '../answer-constraint.js';
import { greedyChoice, logSumExp, type SamplingOptions, sampledChoice, seededRandom } from '../sampling.js';
import { type PassageReader, type ReadPrompt, throwIfAborted } from './passage-reader.js';
import { hiddenFeeds, idFeeds, type PolicyModels } from './policy-models.js';
import { type BranchToken, TokenTree } from './token-tree.js';

export interface DecodedAnswer extends ConstrainedAnswer {
  /** Mean natural-log probability the model gave its tokens, as if there were no constraint. */
  meanTokenLogprob: number;
}

export interface DecodeOptions {
  /** `null` = greedy. */
  seed: string | null;
  constraint: AnswerConstraint;
  sampling: SamplingOptions;
}

/** One answer in the making: a branch of the token tree. */
class Branch {
  readonly #options: DecodeOptions;
  readonly #random: () => number;
  /** Chosen, but not yet read by the model. */
  #pending: number[] = [];
  #logprobSum = 0;
  #count = 0;

  /** @param logits Behind the prompt. */
  constructor(options: DecodeOptions, logits: Float32Array) {
    this.#options = options;
    this.#random = seededRandom(options.seed ?? '');
    this.#choose(logits);
  }

  get isGreedy(): boolean {
    return this.#options.seed === null;
  }

  /** What the model must read next; nothing when the answer is complete, whose last token needs no successor. */
  get unread(): readonly number[] {
    return this.#options.constraint.isDone ? this.#pending.slice(0, -1) : this.#pending;
  }

  get answer(): DecodedAnswer {
    return { ...this.#options.constraint.result, meanTokenLogprob: this.#logprobSum / this.#count };
  }

  /** @param rows Logits behind each of the `unread` tokens. */
  advance(rows: readonly Float32Array[]): void {
    const last = rows.at(-1);
    for (const [index, id] of this.#pending.slice(1).entries()) this.#score(id, rows[index]);
    if (this.#options.constraint.isDone) this.#pending = [];
    else if (last) this.#choose(last);
  }

  /** One token by the logits, then those that leave no choice: the model reads them in one run. */
  #choose(logits: Float32Array): void {
    const { constraint, seed, sampling } = this.#options;
    const allows = (id: number) => constraint.allows(id);
    const free = () =>
      seed === null ? greedyChoice(logits, allows) : sampledChoice(logits, allows, this.#random, sampling);
    const id = constraint.forced ?? free();
    this.#score(id, logits);
    this.#pending = [];
    for (let next: number | null = id; next !== null; next = constraint.forced) {
      constraint.push(next);
      this.#pending.push(next);
    }
  }

  #score(id: number, logits: Float32Array | undefined): void {
    if (!logits) return;
    this.#logprobSum += logProbability(logits, id);
    this.#count += 1;
  }
}

function logProbability(logits: Float32Array, id: number | undefined): number {
  return (logits[id ?? -1] ?? Number.NEGATIVE_INFINITY) - logSumExp(logits);
}

/** Below this the rest of the decline is not worth a look: its probability can only be smaller. */
const NEGLIGIBLE_DECLINE = 1e-3;

export interface DecodeRequest {
  /** One answer each. */
  drawn: readonly DecodeOptions[];
  /** One more where the greedy one of `drawn` begins a decline. */
  insisted: DecodeOptions;
  /** None is insisted on where the first token of a decline is likelier than this, 0..1. */
  insistBelow: number;
  /** The whole decline; its probability is that of all its tokens in a row. */
  declineIds: readonly number[];
}

export interface Decoded {
  /** In the order of `drawn`. */
  drawn: DecodedAnswer[];
  insisted: DecodedAnswer | null;
  declineProbability: number;
}

/** Writes all answers of a request behind a prompt, all of them in the same runs of the model. */
export async function decode(
  models: PolicyModels,
  reader: PassageReader,
  prompt: ReadPrompt,
  { drawn, insisted, insistBelow, declineIds }: DecodeRequest,
  signal: AbortSignal,
): Promise<Decoded> {
  const logits = await reader.readUpper(prompt, 'upper', signal);
  const branches = drawn.map((option) => new Branch(option, logits));
  const tree = new TokenTree(prompt.length);
  let declineLogprob = logProbability(logits, declineIds[0]);
  const declines = branches.some((branch) => branch.isGreedy && branch.unread[0] === declineIds[0]);
  if (declines && Math.exp(declineLogprob) <= insistBelow) branches.push(new Branch(insisted, logits));
  // A branch that only reads the decline, in the first run.
  let probe = Math.exp(declineLogprob) < NEGLIGIBLE_DECLINE ? [] : declineIds.slice(0, -1);
  for (;;) {
    const unread = [...branches.map((branch) => branch.unread), probe];
    const tokens = unread.flatMap((ids, branch) => ids.map((id) => ({ branch, id })));
    if (tokens.length === 0) break;
    const rows = await step(models, tree, tokens, prompt.window);
    throwIfAborted(signal);
    for (const [index, branch] of branches.entries()) branch.advance(rows.splice(0, unread[index]?.length ?? 0));
    for (const [index, row] of rows.entries()) declineLogprob += logProbability(row, declineIds[index + 1]);
    probe = [];
  }
  const answers = branches.map((branch) => branch.answer);
  return {
    drawn: answers.slice(0, drawn.length),
    insisted: answers[drawn.length] ?? null,
    declineProbability: Math.exp(declineLogprob),
  };
}

/** Logits behind each of the tokens. */
async function step(models: PolicyModels, tree: TokenTree, tokens: readonly BranchToken[], window: number) {
  const past = tree.size;
  const masks = tree.append(tokens);
  const feeds = idFeeds(
    tokens.map(({ id }) => id),
    masks,
  );
  const hidden = await models.lower.run(feeds, 'hidden', past, window);
  const all = tokens.map((_, index) => index);
  const logits = await models.upper.run(hiddenFeeds(hidden, models.hidden, all, masks), 'logits', past, window);
  return all.map((row) => logits.subarray(row * models.vocabulary, (row + 1) * models.vocabulary));
}
