import { abortError } from '../../errors.js';
import type { AnswerGuard } from '../answer-guard.js';
import { probabilityOf } from '../linear-heads.js';
import { hashedFeatures } from '../text-features.js';
import { openLinearModel } from './linear-model.js';

export interface TrainedAnswerGuardOptions {
  /** Folder with `manifest.json` and `weights.bin`. */
  modelDir: string;
}

/**
 * Logistic regressions over the words of each quote and of the answer: does it tell how harm is done, or is it hateful?
 *
 * @throws ServiceError `model-missing` or `model-corrupt`, naming the file.
 */
export async function openTrainedAnswerGuard({ modelDir }: TrainedAnswerGuardOptions): Promise<AnswerGuard> {
  const model = await openLinearModel(modelDir);
  const heads = model.heads.map((name) => ({ name, head: model.head(name), threshold: model.threshold(name) }));
  return {
    guardId: model.modelId,
    async check(_query, { text, citations }, signal) {
      if (signal.aborted) throw abortError(signal);
      for (const part of [text, ...citations.map(({ quote }) => quote)]) {
        const buckets = hashedFeatures(part, model.hashBits);
        for (const { name, head, threshold } of heads) {
          const score = probabilityOf(head, { buckets });
          if (score >= threshold) return { action: 'withhold', category: name, score };
        }
      }
      return { action: 'show' };
    },
  };
}
