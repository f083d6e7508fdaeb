import type { AnswerConstraint, ConstrainedAnswer } from '../answer-constraint.js';
import { greedyChoice, logSumExp } from '../token-choice.js';
import { type PassageReader, type ReadPrompt, throwIfAborted } from './passage-reader.js';
import { hiddenFeeds, idFeeds, type PolicyModels } from './policy-models.js';
import { type BranchToken, TokenTree } from './token-tree.js';

export interface DecodedAnswer extends ConstrainedAnswer {
  /** Mean natural-log probability the model gave its tokens, as if there were no constraint. */
  meanTokenLogprob: number;
}

/** One answer in the making, by the likeliest token where none is given: a branch of the token tree. */
class Branch {
  readonly #constraint: AnswerConstraint;
  /** Chosen, but not yet read by the model. */
  #pending: number[] = [];
  #logprobSum = 0;
  #count = 0;

  /**
   * @param logits Behind the prompt.
   * @param beginning The tokens to begin with, which the constraint accepts; the likeliest one by default.
   */
  constructor(constraint: AnswerConstraint, logits: Float32Array, beginning: readonly number[] = []) {
    this.#constraint = constraint;
    this.#choose(logits, beginning);
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

  /** One token by the logits or those given, then those that leave no choice: the model reads them in one run. */
  #choose(logits: Float32Array, given: readonly number[] = []): void {
    const likeliest = () => this.#constraint.forced ?? greedyChoice(logits, (each) => this.#constraint.allows(each));
    this.#pending = [];
    for (const id of given.length > 0 ? given : [likeliest()]) this.#push(id);
    this.#score(this.#pending[0], logits);
    for (let next = this.#constraint.forced; next !== null; next = this.#constraint.forced) this.#push(next);
  }

  #push(id: number): void {
    this.#constraint.push(id);
    this.#pending.push(id);
  }

  #score(id: number | undefined, logits: Float32Array | undefined): void {
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

/** A first token so much less likely than the likeliest one is not worth following, in natural-log odds. */
const MIN_FORK_LOG_ODDS = Math.log(0.01);

/** The likeliest ways to begin an answer besides the likeliest one, `count` at most. */
function otherBeginnings(logits: Float32Array, constraint: AnswerConstraint, count: number): number[] {
  const tried: number[] = [];
  const next = () => greedyChoice(logits, (id) => !tried.includes(id) && constraint.allows(id));
  const likeliest = next();
  for (let id = likeliest; id >= 0 && tried.length <= count; id = next()) {
    if ((logits[id] ?? 0) - (logits[likeliest] ?? 0) < MIN_FORK_LOG_ODDS) break;
    tried.push(id);
  }
  return tried.slice(1);
}

/** May the tokens be written, one after the other? Not when there are none. */
function accepts(constraint: AnswerConstraint, ids: readonly number[]): boolean {
  return (
    ids.length > 0 &&
    ids.every((id) => {
      const isAllowed = constraint.allows(id);
      if (isAllowed) constraint.push(id);
      return isAllowed;
    })
  );
}

export interface DecodeRequest {
  /** A fresh one for each answer. */
  constraint: (options: { mayDecline: boolean }) => AnswerConstraint;
  /** Other answers to write besides the likeliest one, at most. */
  forks: number;
  /** Tokens of an answer to write besides, up to the one that opens its pointer; empty for none. */
  suggestedIds: readonly number[];
  /** None is insisted on where the first token of a decline is likelier than this, 0..1. */
  insistBelow: number;
  /** The whole decline; its probability is that of all its tokens in a row. */
  declineIds: readonly number[];
}

export interface Decoded {
  greedy: DecodedAnswer;
  /** Where the greedy one is a decline, and not too sure a one: the likeliest answer. */
  insisted: DecodedAnswer | null;
  /** None begins with the token of another one or of the likeliest one; the likeliest beginning first. */
  forked: DecodedAnswer[];
  /** `null` where the suggestion cannot be written, and where it is one of the others. */
  suggested: DecodedAnswer | null;
  declineProbability: number;
}

/**
 * Writes all answers of a request behind a prompt, all of them in the same runs of the model: the likeliest one, and others
 * that begin with another token. Sampling from a policy that is sure of itself mostly writes the same answer again (figures:
 * `docs/log.md`); these differ, and nothing about them is random.
 */
export async function decode(
  models: PolicyModels,
  reader: PassageReader,
  prompt: ReadPrompt,
  { constraint, forks, suggestedIds, insistBelow, declineIds }: DecodeRequest,
  signal: AbortSignal,
): Promise<Decoded> {
  const logits = await reader.readUpper(prompt, 'upper', signal);
  const tree = new TokenTree(prompt.length);
  let declineLogprob = logProbability(logits, declineIds[0]);
  const greedy = new Branch(constraint({ mayDecline: true }), logits);
  const declines = greedy.unread[0] === declineIds[0];
  const insists = declines && Math.exp(declineLogprob) <= insistBelow;
  const insisted = insists ? new Branch(constraint({ mayDecline: false }), logits) : null;
  const beginnings = declines && !insists ? [] : otherBeginnings(logits, constraint({ mayDecline: false }), forks);
  const forked = beginnings.map((id) => new Branch(constraint({ mayDecline: false }), logits, [id]));
  const suggested = accepts(constraint({ mayDecline: false }), suggestedIds)
    ? new Branch(constraint({ mayDecline: false }), logits, suggestedIds)
    : null;
  const own = [greedy, ...(insisted ? [insisted] : []), ...forked];
  const branches = [...own, ...(suggested ? [suggested] : [])];
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
  return {
    greedy: greedy.answer,
    insisted: insisted?.answer ?? null,
    forked: forked.map(({ answer }) => answer),
    suggested: suggested && own.every(({ answer }) => answer.text !== suggested.answer.text) ? suggested.answer : null,
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
