import { ServiceError } from '../../errors.js';
import { openModel } from '../../onnx/manifest.js';
import type { SessionPool } from '../../onnx/session-pool.js';
import type { RewardItem, RewardModel } from '../reward-model.js';

export interface OnnxRewardModelOptions {
  /** Its workers hold policy and reward model and know the handler `score`. Closing the reward model closes it. */
  pool: SessionPool;
  rewardDir: string;
  /** A reward that was taken already, while the candidate was written; saves asking the model again. */
  known?(item: RewardItem): number | undefined;
}

/** Input of the handler `score`; the output is one number for each answer. */
interface ScoreTask {
  passage: Pick<RewardItem['passage'], 'title' | 'text' | 'sentences'>;
  question: string;
  answers: { text: string; sentenceNumber: number | null }[];
}

interface Group {
  task: ScoreTask;
  affinityKey: string;
  /** Where its rewards belong among the items. */
  indexes: number[];
}

/** The trained reward model, in the worker threads of a pool it shares with the policy. */
export class OnnxRewardModel implements RewardModel {
  readonly modelId: string;
  readonly promptVersion: string;
  readonly #options: OnnxRewardModelOptions;

  private constructor(modelId: string, promptVersion: string, options: OnnxRewardModelOptions) {
    this.modelId = modelId;
    this.promptVersion = promptVersion;
    this.#options = options;
  }

  /** @throws ServiceError `model-missing` or `model-corrupt`, naming the file. */
  static async open(options: OnnxRewardModelOptions): Promise<OnnxRewardModel> {
    const { modelId, manifest } = await openModel(options.rewardDir);
    return new OnnxRewardModel(modelId, manifest.promptVersion ?? '', options);
  }

  async score(items: readonly RewardItem[], signal: AbortSignal): Promise<number[]> {
    const rewards = items.map((item) => this.#options.known?.(item));
    const tasks = grouped(items, (index) => rewards[index] === undefined).map(
      async ({ task, affinityKey, indexes }) => {
        const scored = await this.#options.pool.run<number[]>('score', task, { signal, affinityKey });
        for (const [position, index] of indexes.entries()) rewards[index] = scored[position];
      },
    );
    await Promise.all(tasks);
    return rewards.map((reward) => {
      if (Number.isFinite(reward)) return reward as number;
      throw new ServiceError('inference-failed', { message: `The reward model gave ${reward}, expected a number.` });
    });
  }

  close(): Promise<void> {
    return this.#options.pool.close();
  }
}

/** Items that share query and passage become one task. */
function grouped(items: readonly RewardItem[], isNeeded: (index: number) => boolean): Group[] {
  const groups = new Map<string, Group>();
  for (const [index, { query, passage, candidate }] of items.entries()) {
    if (!isNeeded(index)) continue;
    const { title, text, sentences } = passage;
    const key = JSON.stringify([query.text, title, text, sentences]);
    const group = groups.get(key) ?? {
      task: { passage: { title, text, sentences }, question: query.text, answers: [] },
      affinityKey: `${passage.tenant} ${passage.id}`,
      indexes: [],
    };
    const { declined, sentenceNumber } = candidate;
    group.task.answers.push({ text: candidate.text, sentenceNumber: declined ? null : sentenceNumber });
    group.indexes.push(index);
    groups.set(key, group);
  }
  return [...groups.values()];
}
