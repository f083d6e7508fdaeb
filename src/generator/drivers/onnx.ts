import { LRUCache } from 'lru-cache';
import type { SessionPool } from '../../onnx/session-pool.js';
import type { Candidate, Passage } from '../../types.js';
import { planCandidates } from '../candidate-plan.js';
import type { GenerationRequest, Generator } from '../generator.js';
import { loadPromptTemplate } from '../prompt.js';
import { openPolicyFolder } from './policy-models.js';
import type { AnswerTask, AnswerTaskResult } from './policy-tasks.js';

export interface OnnxGeneratorOptions {
  /** From `startPolicyPool`; closing the generator closes it. */
  pool: SessionPool;
  policyDir: string;
  promptsDir: string;
  /**
   * Takes the reward of each candidate in the same task, while the worker has everything at hand; `knownReward` then
   * has it. Needs a pool with a reward model.
   *
   * @default false
   */
  withReward?: boolean;
}

/** What a reward belongs to. The candidate is compared by its contents. */
export interface RewardKey {
  query: { text: string };
  passage: Passage;
  candidate: { text: string; sentenceNumber: number | null };
}

/** Rewards that are kept until someone asks; far more than requests in flight have candidates. */
const MAX_KNOWN_REWARDS = 1024;

/** The trained policy, in the worker threads of a pool. */
export class OnnxGenerator implements Generator {
  readonly modelId: string;
  readonly promptVersion: string;
  readonly #pool: SessionPool;
  readonly #withReward: boolean;
  readonly #knownRewards = new LRUCache<string, number>({ max: MAX_KNOWN_REWARDS });

  private constructor(modelId: string, promptVersion: string, { pool, withReward = false }: OnnxGeneratorOptions) {
    this.modelId = modelId;
    this.promptVersion = promptVersion;
    this.#pool = pool;
    this.#withReward = withReward;
  }

  /** @throws ServiceError `model-missing`, `model-corrupt` or `invalid-config`, naming the file. */
  static async open(options: OnnxGeneratorOptions): Promise<OnnxGenerator> {
    const { version } = await loadPromptTemplate(options.promptsDir);
    const { modelId } = await openPolicyFolder(options.policyDir, version);
    return new OnnxGenerator(modelId, version, options);
  }

  async *generate(request: GenerationRequest, signal: AbortSignal): AsyncGenerator<Candidate, void> {
    const left = new AbortController();
    const either = AbortSignal.any([signal, left.signal]);
    const running = new Map(
      planCandidates(request.passages.length, request.candidates).map(({ passage: index, others }) => {
        const passage = request.passages[index] as Passage;
        return [index, this.#answer(request, passage, others, either).then((candidates) => ({ index, candidates }))];
      }),
    );
    // One that fails while another is being waited for is reported when its turn comes.
    for (const task of running.values()) task.catch(() => undefined);
    try {
      while (running.size > 0) {
        const { index, candidates } = await Promise.race(running.values());
        running.delete(index);
        yield* candidates;
      }
    } finally {
      left.abort();
    }
  }

  /** The reward taken while generating, or `undefined`. For the `known` option of the reward model's driver. */
  knownReward(key: RewardKey): number | undefined {
    return this.#knownRewards.peek(rewardKey(key));
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #answer(
    { query, suggestions }: GenerationRequest,
    passage: Passage,
    forks: number,
    signal: AbortSignal,
  ): Promise<Candidate[]> {
    const { title, text, sentences } = passage;
    const withReward = this.#withReward;
    const suggestion = suggestions?.get(passage.id);
    const task: AnswerTask = {
      ...{ passage: { title, text, sentences }, question: query.text, forks, withReward },
      ...(suggestion !== undefined && { suggestion }),
    };
    const affinityKey = `${passage.tenant} ${passage.id}`;
    const result = await this.#pool.run<AnswerTaskResult>('answer', task, { signal, affinityKey });
    return result.candidates.map(({ rewardLogit, ...candidate }) => {
      if (rewardLogit !== undefined) this.#knownRewards.set(rewardKey({ query, passage, candidate }), rewardLogit);
      return {
        ...candidate,
        passageId: passage.id,
        declineProbability: result.declineProbability,
      };
    });
  }
}

function rewardKey({ query, passage, candidate }: RewardKey): string {
  const { title, text, sentences } = passage;
  return JSON.stringify([query.text, candidate.text, candidate.sentenceNumber, title, text, sentences]);
}
