import { abortError, ServiceError } from '../../errors.js';
import { probabilityOf, type TextFeatures } from '../linear-heads.js';
import { noticeFor } from '../notices.js';
import {
  ADVICE_TOPICS,
  type AdviceTopic,
  type QueryGuard,
  type QueryVerdict,
  UNSAFE_CATEGORIES,
} from '../query-guard.js';
import { hashedFeatures } from '../text-features.js';
import { openLinearModel, type VectorSource } from './linear-model.js';

/** Makes the vectors that the guard reads beside the words; whoever embeds the query for retrieval will do. */
export interface QueryEmbedder extends VectorSource {
  /** Unit vectors in the order of the input. */
  embedQueries(texts: readonly string[], signal: AbortSignal): Promise<readonly Float32Array[]>;
}

export interface TrainedGuardOptions {
  /** Folder with `manifest.json` and `weights.bin`. */
  modelDir: string;
  /** Of the model that the guard has learnt from. */
  embedder: QueryEmbedder;
  /** Topics of which a query gets hits only. @default [] */
  hitsOnlyTopics?: readonly AdviceTopic[];
}

/**
 * Logistic regressions over the words and the vector of an English query: one says whether it asks for harm, others which;
 * three more know medical, legal and financial advice. What is written in other letters than Latin is left to the rules.
 *
 * @throws ServiceError `model-missing` or `model-corrupt`, naming the file.
 */
export async function openTrainedGuard({
  modelDir,
  embedder,
  hitsOnlyTopics = [],
}: TrainedGuardOptions): Promise<QueryGuard> {
  const model = await openLinearModel(modelDir, embedder);
  const harm = model.head('harm');
  const harmThreshold = model.threshold('harm');
  const named = <Name extends string>(names: readonly Name[]) =>
    names.filter((name) => model.heads.includes(name)).map((name) => ({ name, head: model.head(name) }));
  const categories = named(UNSAFE_CATEGORIES);
  const topics = named(ADVICE_TOPICS.filter((topic) => hitsOnlyTopics.includes(topic)));

  const verdictOf = (text: string, features: TextFeatures): QueryVerdict => {
    const score = probabilityOf(harm, features);
    if (score >= harmThreshold) {
      const [likeliest] = categories
        .map(({ name, head }) => ({ name, probability: probabilityOf(head, features) }))
        .sort((a, b) => b.probability - a.probability);
      const category = likeliest?.name ?? 'other';
      return { action: 'hits-only', category, score, ...noticeFor(category, text) };
    }
    for (const { name, head } of topics) {
      const probability = probabilityOf(head, features);
      if (probability < model.threshold(name)) continue;
      return { action: 'hits-only', category: name, score: probability, ...noticeFor(name, text) };
    }
    return { action: 'allow' };
  };

  return {
    guardId: model.modelId,
    async check({ text }, signal) {
      if (signal.aborted) throw abortError(signal);
      if (!isMostlyLatin(text)) return { action: 'allow' };
      const [vector] = await embedder.embedQueries([text], signal);
      if (vector?.length !== embedder.dimensions) {
        const message = `Expected a vector of ${embedder.dimensions} numbers, found ${vector?.length ?? 'none'}.`;
        throw new ServiceError('inference-failed', { message });
      }
      return verdictOf(text, { buckets: hashedFeatures(text, model.hashBits), vector });
    },
  };
}

function isMostlyLatin(text: string): boolean {
  const letters = text.match(/\p{L}/gu) ?? [];
  return letters.filter((letter) => /\p{Script=Latin}/u.test(letter)).length * 2 > letters.length;
}
