import type { QueryKind } from '../types.js';
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
/** What is to be bought, booked, heard or loaded down. Words that facts are asked with, too, such as `price`, are not here. */
const GETTING =
  /^(?:buy|purchase|shop for|listen to|download|stream|subscribe to)\s\S|^(?:book|rent|hire|reserve)\s(?:an?|my|the|tickets?|flights?|hotels?)\b|^cheap(?:est)?\s\S|\b(?:for sale|near me|coupons?|(?:promo|discount) codes?|free shipping|(?:buy|order|shop) online|mp3)$|^(?:我要|我想)?(?:购买|网购|订购|预订|团购|下载)(?!力)|优惠券|包邮/iu;
const PLACE_WORDS =
  /\b(?:log ?in|sign ?in|sign ?up|home ?page|web ?site|official site|downloads?|contact(?: us)?|dashboard|portal|faq|pricing|careers)$|官网|登录|下载$/iu;
const ASKING =
  /^(?:(?:in|on|at|to|from|of|by|for|with|under|during|since|until|about) )?(?:who|whom|whose|what|when|where|which|why|how|is|are|was|were|do|does|did|can|could|should|will|would|has|have)\b.*\s\S|\s(?:what|which|whom|whose|how\s+(?:many|much))\b|[?？]$|[吗呢]$|什么|为什么|怎么|如何|哪[里个位些年一]|谁|多少|几/iu;

const LATIN_WORDS = /[a-z]+\W+[a-z]+\W+[a-z]/i;

/**
 * In this order: an address is `navigational`; what asks, by its words or its mark, is a `question`, whatever it asks about;
 * `transactional` says what is to be had; `navigational` are words for a page and not for what it says; `keyword` is
 * everything else.
 */
export function intentOf(query: string): QueryKind {
  if (ADDRESS.test(query)) return 'navigational';
  if (ASKING.test(query)) return 'question';
  if (GETTING.test(query)) return 'transactional';
  if (PLACE_WORDS.test(query)) return 'navigational';
  // The classifier knows English, and a word or two are no question.
  return LATIN_WORDS.test(query) && questionProbability(query) >= 0.5 ? 'question' : 'keyword';
}
