import type { AnswerConstraint, ConstrainedAnswer } from '../answer-constraint.js';
import { greedyChoice, logSumExp } from '../token-choice.js';
import { type PassageReader, type ReadPrompt, throwIfAborted } from './passage-reader.js';
import { hiddenFeeds, idFeeds, type PolicyModels } from './policy-models.js';
import { type BranchToken, TokenTree } from './token-tree.js';

export interface DecodedAnswer extends ConstrainedAnswer {
  /** Mean natural-log probability the model gave its tokens, as if there were no constraint. */
  meanTokenLogprob: number;
}

/** Another way to go on from the beginning of an answer that was written greedily. */
interface Fork {
  /** The tokens up to the one that differs, that one included. */
  ids: number[];
  /** Natural-log probability of `ids`. */
  logprob: number;
  /** Natural-log odds of the last of them against the token that was chosen in its place, at most 0. */
  logOdds: number;
}

/** Alternatives kept at each token. */
const FORKS_PER_TOKEN = 3;

/** One answer in the making, always by the likeliest token: a branch of the token tree. */
class Branch {
  readonly #constraint: AnswerConstraint;
  /** Chosen, but not yet read by the model. */
  #pending: number[] = [];
  readonly #ids: number[] = [];
  #logprobSum = 0;
  #count = 0;
  readonly forks: Fork[] = [];

  /**
   * @param logits Behind the prompt.
   * @param beginning Tokens that are given; the answer goes on from them.
   */
  constructor(constraint: AnswerConstraint, logits: Float32Array, beginning: readonly number[] = []) {
    this.#constraint = constraint;
    const [first] = beginning;
    if (first === undefined) {
      this.#choose(logits);
    } else {
      this.#score(first, logits);
      this.#push(beginning);
    }
  }

  /** What the model must read next; nothing when the answer is complete, whose last token needs no successor. */
  get unread(): readonly number[] {
    return this.#constraint.isDone ? this.#pending.slice(0, -1) : this.#pending;
  }

  get answer(): DecodedAnswer {
    return { ...this.#constraint.result, meanTokenLogprob: this.#logprobSum / this.#count };
  }

  /** @param rows Logits behind each of the `unread` tokens. */
  advance(rows: readonly Float32Array[]): void {
    const last = rows.at(-1);
    for (const [index, id] of this.#pending.slice(1).entries()) this.#score(id, rows[index]);
    if (this.#constraint.isDone) this.#pending = [];
    else if (last) this.#choose(last);
  }

  /** One token by the logits, then those that leave no choice: the model reads them in one run. */
  #choose(logits: Float32Array): void {
    const id = this.#constraint.forced ?? this.#likeliest(logits);
    this.#score(id, logits);
    this.#push([id]);
  }

  #push(ids: readonly number[]): void {
    this.#pending = [];
    const push = (id: number) => {
      this.#constraint.push(id);
      this.#pending.push(id);
      this.#ids.push(id);
    };
    ids.forEach(push);
    for (let { forced } = this.#constraint; forced !== null; { forced } = this.#constraint) push(forced);
  }

  #likeliest(logits: Float32Array): number {
    const tried = new Set<number>();
    const allows = (id: number) => !tried.has(id) && this.#constraint.allows(id);
    const best = greedyChoice(logits, allows);
    if (!this.#constraint.isPointing) {
      const all = logSumExp(logits);
      for (let other = best; tried.size < FORKS_PER_TOKEN; ) {
        tried.add(other);
        other = greedyChoice(logits, allows);
        if (other < 0) break;
        const logit = logits[other] ?? Number.NEGATIVE_INFINITY;
        this.forks.push({
          ids: [...this.#ids, other],
          logprob: this.#logprobSum + logit - all,
          logOdds: logit - (logits[best] ?? 0),
        });
      }
    }
    return best;
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

/** A token so much less likely than the one in its place is not worth following. */
const MIN_FORK_LOG_ODDS = Math.log(0.01);

export interface DecodeRequest {
  /** A fresh one for each answer. */
  constraint: (options: { mayDecline: boolean }) => AnswerConstraint;
  /** Other answers to write besides the likeliest one, at most. */
  forks: number;
  /** None is insisted on where the first token of a decline is likelier than this, 0..1. */
  insistBelow: number;
  /** The whole decline; its probability is that of all its tokens in a row. */
  declineIds: readonly number[];
}

export interface Decoded {
  greedy: DecodedAnswer;
  /** Where the greedy one is a decline, and not too sure a one: the likeliest answer. */
  insisted: DecodedAnswer | null;
  /** None begins like another one or the likeliest one; the likeliest beginning first. */
  forked: DecodedAnswer[];
  declineProbability: number;
}

/**
 * Writes all answers of a request behind a prompt: the likeliest one first, then others that part from it where the
 * policy was least sure. Sampling from a policy that is sure of itself mostly writes the same answer again (figures:
 * `docs/log.md`); these differ, and nothing about them is random.
 */
export async function decode(
  models: PolicyModels,
  reader: PassageReader,
  prompt: ReadPrompt,
  { constraint, forks, insistBelow, declineIds }: DecodeRequest,
  signal: AbortSignal,
): Promise<Decoded> {
  const logits = await reader.readUpper(prompt, 'upper', signal);
  const tree = new TokenTree(prompt.length);
  const write = async (branches: readonly Branch[], first: number, extra: readonly number[] = []) => {
    let probe = extra;
    let probed: Float32Array[] = [];
    for (;;) {
      const unread = [...branches.map(({ unread }) => unread), probe];
      const tokens = unread.flatMap((ids, index) => ids.map((id) => ({ branch: first + index, id })));
      if (tokens.length === 0) return probed;
      const rows = await step(models, tree, tokens, prompt.window);
      throwIfAborted(signal);
      for (const [index, branch] of branches.entries()) branch.advance(rows.splice(0, unread[index]?.length ?? 0));
      if (probe.length > 0) probed = rows;
      probe = [];
    }
  };

  let declineLogprob = logProbability(logits, declineIds[0]);
  const greedy = new Branch(constraint({ mayDecline: true }), logits);
  const insists = greedy.unread[0] === declineIds[0] && Math.exp(declineLogprob) <= insistBelow;
  const insisted = insists ? new Branch(constraint({ mayDecline: false }), logits) : null;
  const likeliest = insisted ? [greedy, insisted] : [greedy];
  // A branch that only reads the decline, in the first run.
  const probe = Math.exp(declineLogprob) < NEGLIGIBLE_DECLINE ? [] : declineIds.slice(0, -1);
  const rows = await write(likeliest, 0, probe);
  for (const [index, row] of rows.entries()) declineLogprob += logProbability(row, declineIds[index + 1]);

  const likeliestAnswer = insisted ?? greedy;
  const beginnings = likeliestAnswer.answer.declined ? [] : likeliestAnswer.forks;
  const others = beginnings
    .filter(({ ids, logOdds }) => logOdds >= MIN_FORK_LOG_ODDS && ids[0] !== declineIds[0])
    .sort((a, b) => b.logprob - a.logprob)
    .slice(0, forks)
    .map(({ ids }) => new Branch(constraint({ mayDecline: false }), logits, ids));
  await write(others, likeliest.length + 1);
  return {
    greedy: greedy.answer,
    insisted: insisted?.answer ?? null,
    forked: others.map(({ answer }) => answer),
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
