import type { QueryIntent } from '../types.js';
import { questionFeatures } from './question-features.js';
import { BIAS, SCALE, WEIGHTS } from './question-weights.js';

let weights: Int8Array | undefined;

/**
 * Probability that a query is a whole, well-formed question, 0..1: logistic regression over hashed words, trained on human
 * ratings (`benchmarks/train-question-classifier.ts`). For English.
 */
export function questionProbability(query: string): number {
  weights ??= Int8Array.from(Buffer.from(WEIGHTS, 'base64'), (byte) => (byte << 24) >> 24);
  let logit = BIAS;
  for (const place of questionFeatures(query)) logit += (weights[place] ?? 0) * SCALE;
  return 1 / (1 + Math.exp(-logit));
}

const ADDRESS =
  /^(?:https?:\/\/\S+|(?:www\.)?[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.(?:com|org|net|edu|gov|io|dev|info|cn|de|uk|fr|jp)(?:\/\S*)?)$/iu;
const PLACE_WORDS =
  /\b(?:log ?in|sign ?in|sign ?up|home ?page|web ?site|official site|downloads?|contact(?: us)?|dashboard|portal|faq|pricing|careers)$|官网|登录|下载/iu;
const ASKING =
  /^(?:who|whom|whose|what|when|where|which|why|how|is|are|was|were|do|does|did|can|could|should|will|would|has|have)\b.*\s\S|[?？]$|[吗呢]$|什么|为什么|怎么|如何|哪[里个位些年一]|谁|多少|几/iu;

const LATIN_WORDS = /[a-z]+\W+[a-z]+\W+[a-z]/i;

/**
 * `navigational`: an address, or words that ask for a page and not for what it says. `question`: it asks, by its words or its
 * mark. `keyword`: everything else.
 */
export function intentOf(query: string): QueryIntent {
  if (ADDRESS.test(query) || PLACE_WORDS.test(query)) return 'navigational';
  // The classifier knows English, and a word or two are no question.
  const isWhole = LATIN_WORDS.test(query) && questionProbability(query) >= 0.5;
  return ASKING.test(query) || isWhole ? 'question' : 'keyword';
}
