import { abortError } from '../../errors.js';
import type { TextTokenizer } from '../../onnx/tokenizer.js';
import { type PromptPassage, type PromptTemplate, passageText, promptPassage, questionText } from '../prompt.js';
import type { CachedGraph } from './cached-graph.js';
import type { PassageCache, PassageState } from './passage-cache.js';
import { hiddenFeeds, idFeeds, type PolicyModels } from './policy-models.js';
import type { PassageTask } from './policy-tasks.js';
import { sequenceFeeds } from './token-tree.js';

/** A prompt that the shared layers have read, passage and question. */
export interface ReadPrompt {
  /** The passage as it was read: without the sentences that did not fit. */
  passage: PromptPassage;
  /** Under which the cache knows the passage: the text that was read. */
  key: string;
  state: PassageState;
  questionIds: readonly number[];
  /** Output of the shared layers for the question, [tokens, hidden]. */
  questionHidden: Float32Array;
  /** Tokens of passage and question. */
  length: number;
  /** Tokens of the caches in use; see `CachedGraph.run`. */
  window: number;
}

/** Windows are multiples of this, so that the runtime's memory is used again. */
const WINDOW_STEP = 64;

/** Takes passage and question through the layers, each passage once. */
export class PassageReader {
  readonly #models: PolicyModels;
  readonly #tokenizer: TextTokenizer;
  readonly #template: PromptTemplate;
  readonly #cache: PassageCache;

  constructor(models: PolicyModels, tokenizer: TextTokenizer, template: PromptTemplate, cache: PassageCache) {
    this.#models = models;
    this.#tokenizer = tokenizer;
    this.#template = template;
    this.#cache = cache;
  }

  encode(text: string): number[] {
    return this.#tokenizer.encode(text, { specialTokens: false }).ids;
  }

  /** @param room Tokens that will follow the question, all branches together. */
  async read({ passage, question }: PassageTask, room: number, signal: AbortSignal): Promise<ReadPrompt> {
    const space = this.#models.maxTokens - room;
    const questionIds = this.encode(questionText(question, this.#template)).slice(0, Math.floor(space / 2));
    const fitted = this.#fit(promptPassage(passage, this.#template), space - questionIds.length);
    const { key, ids } = fitted;
    const n = ids.length;
    const length = n + questionIds.length;
    const window = Math.min(this.#models.maxTokens, Math.ceil((length + room) / WINDOW_STEP) * WINDOW_STEP);

    const { lower } = this.#models;
    let state = this.#cache.get(key);
    if (state) lower.copyIn(state.lower, 0, window);
    else {
      const hidden = await lower.run(idFeeds(ids, sequenceFeeds(0, n)), 'hidden', 0, window);
      state = { length: n, hidden, lower: lower.copyOut(0, n, window) };
      this.#cache.set(key, state);
      throwIfAborted(signal);
    }
    const masks = sequenceFeeds(n, questionIds.length);
    const questionHidden = await lower.run(idFeeds(questionIds, masks), 'hidden', n, window);
    throwIfAborted(signal);
    return { passage: fitted.passage, key, state, questionIds, questionHidden, length, window };
  }

  /** Takes the prompt through the policy's or the reward model's own layers; the result is that of its last token. */
  async readUpper(prompt: ReadPrompt, kind: 'upper' | 'reward', signal: AbortSignal): Promise<Float32Array> {
    const { hidden: width } = this.#models;
    const graph = this.graph(kind);
    const output = kind === 'upper' ? 'logits' : 'reward';
    const { state, window } = prompt;
    const n = state.length;
    const known = state[kind];
    if (known) graph.copyIn(known, 0, window);
    else {
      await graph.run(hiddenFeeds(state.hidden, width, [n - 1], sequenceFeeds(0, n)), output, 0, window);
      state[kind] = graph.copyOut(0, n, window);
      this.#cache.set(prompt.key, state); // It has grown.
      throwIfAborted(signal);
    }
    const count = prompt.questionIds.length;
    const feeds = hiddenFeeds(prompt.questionHidden, width, [count - 1], sequenceFeeds(n, count));
    const result = await graph.run(feeds, output, n, window);
    throwIfAborted(signal);
    return result;
  }

  graph(kind: 'upper' | 'reward'): CachedGraph {
    const graph = this.#models[kind];
    if (!graph) throw new Error('no reward model is loaded');
    return graph;
  }

  /** Drops sentences from the end until the passage fits; the first one stays, cut if it must be. */
  #fit(passage: PromptPassage, space: number): { passage: PromptPassage; key: string; ids: number[] } {
    const text = passageText(passage, this.#template);
    const ids = this.encode(text);
    const count = passage.sentences.length;
    if (ids.length <= space) return { passage, key: text, ids };
    if (count <= 1) return { passage, key: `${space} ${text}`, ids: ids.slice(0, space) };
    // Sentences are of similar length: most of what is too much goes in one step.
    const fewer = Math.max(1, Math.min(count - 1, Math.ceil((count * space) / ids.length)));
    return this.#fit({ ...passage, sentences: passage.sentences.slice(0, fewer) }, space);
  }
}

export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortError(signal);
}
