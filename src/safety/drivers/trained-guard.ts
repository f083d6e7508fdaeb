import { abortError } from '../../errors.js';
import { probabilityOf } from '../linear-heads.js';
import { noticeFor } from '../notices.js';
import {
  ADVICE_TOPICS,
  type AdviceTopic,
  type QueryGuard,
  type QueryVerdict,
  UNSAFE_CATEGORIES,
} from '../query-guard.js';
import { hashedFeatures } from '../text-features.js';
import { openLinearModel } from './linear-model.js';

export interface TrainedGuardOptions {
  /** Folder with `manifest.json` and `weights.bin`. */
  modelDir: string;
  /** Topics of which a query gets hits only. @default [] */
  hitsOnlyTopics?: readonly AdviceTopic[];
}

/**
 * Logistic regressions over the words of an English query: one says whether it asks for harm, others which; three more
 * know medical, legal and financial advice. What is written in other letters than Latin is left to the rules.
 *
 * @throws ServiceError `model-missing` or `model-corrupt`, naming the file.
 */
export async function openTrainedGuard({ modelDir, hitsOnlyTopics = [] }: TrainedGuardOptions): Promise<QueryGuard> {
  const model = await openLinearModel(modelDir);
  const harm = model.head('harm');
  const harmThreshold = model.threshold('harm');
  const named = <Name extends string>(names: readonly Name[]) =>
    names.filter((name) => model.heads.includes(name)).map((name) => ({ name, head: model.head(name) }));
  const categories = named(UNSAFE_CATEGORIES);
  const topics = named(ADVICE_TOPICS.filter((topic) => hitsOnlyTopics.includes(topic)));

  const verdictOf = (text: string): QueryVerdict => {
    const buckets = hashedFeatures(text, model.hashBits);
    const score = probabilityOf(harm, buckets);
    if (score >= harmThreshold) {
      const [likeliest] = categories
        .map(({ name, head }) => ({ name, probability: probabilityOf(head, buckets) }))
        .sort((a, b) => b.probability - a.probability);
      const category = likeliest?.name ?? 'other';
      return { action: 'hits-only', category, score, ...noticeFor(category, text) };
    }
    for (const { name, head } of topics) {
      const probability = probabilityOf(head, buckets);
      if (probability < model.threshold(name)) continue;
      return { action: 'hits-only', category: name, score: probability, ...noticeFor(name, text) };
    }
    return { action: 'allow' };
  };

  return {
    guardId: model.modelId,
    async check({ text }, signal) {
      if (signal.aborted) throw abortError(signal);
      return isMostlyLatin(text) ? verdictOf(text) : { action: 'allow' };
    },
  };
}

function isMostlyLatin(text: string): boolean {
  const letters = text.match(/\p{L}/gu) ?? [];
  return letters.filter((letter) => /\p{Script=Latin}/u.test(letter)).length * 2 > letters.length;
}
