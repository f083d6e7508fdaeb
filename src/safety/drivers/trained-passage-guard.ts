import { abortError } from '../../errors.js';
import type { Passage } from '../../types.js';
import { probabilityOf } from '../linear-heads.js';
import { instructionFeatures } from '../passage-features.js';
import type { PassageGuard, SuspiciousPart } from '../passage-guard.js';
import { hashedFeatures } from '../text-features.js';
import { openLinearModel } from './linear-model.js';

export interface TrainedPassageGuardOptions {
  /** Folder with `manifest.json` and `weights.bin`. */
  modelDir: string;
  /** Least probability of a part that is taken out, 0..1. @default the model's */
  threshold?: number;
}

/**
 * A logistic regression over the words of a sentence, its form, and how strange it is in its passage. English.
 *
 * @throws ServiceError `model-missing` or `model-corrupt`, naming the file.
 */
export async function openTrainedPassageGuard({
  modelDir,
  threshold,
}: TrainedPassageGuardOptions): Promise<PassageGuard> {
  const model = await openLinearModel(modelDir);
  const head = model.head('instruction');
  const least = threshold ?? model.threshold('instruction');
  const scoreOf = (text: string, rest: string) =>
    probabilityOf(head, {
      buckets: hashedFeatures(text, model.hashBits),
      named: instructionFeatures(text, rest),
    });

  const inspectOne = ({ title, text, sentences }: Passage): SuspiciousPart[] => {
    const parts = sentences.map(({ start, end }, index) => ({
      sentenceNumber: index + 1,
      score: scoreOf(text.slice(start, end), `${title}. ${text.slice(0, start)} ${text.slice(end)}`),
    }));
    // A title stands alone and is often a question; only one that speaks to a model is suspicious.
    const titleFeatures = instructionFeatures(title, text);
    const titleScore = titleFeatures.toModel === 1 ? scoreOf(title, text) : 0;
    return [{ sentenceNumber: 0, score: titleScore }, ...parts].filter(({ score }) => score >= least);
  };

  return {
    guardId: model.modelId,
    async inspect(passages, signal) {
      if (signal.aborted) throw abortError(signal);
      return passages.map(inspectOne);
    },
  };
}
