import { abortError } from '../../errors.js';
import type { Passage } from '../../types.js';
import type { PassageGuard, SuspiciousPart } from '../passage-guard.js';
import { normaliseText } from '../text-features.js';

/** What nobody writes to a reader, in English and Chinese. */
const RULES = [
  /\b(?:ignore|disregard|forget|override)\b[^.?!]{0,40}\b(?:previous|above|prior|earlier|preceding|all|your)\b[^.?!]{0,20}\b(?:instructions?|prompts?|rules|directions|guidelines|context)\b/,
  /\b(?:reveal|print|repeat|show|output|leak)\b[^.?!]{0,30}\b(?:system prompt|your (?:hidden |initial )?(?:instructions|prompt))\b/,
  /\byou are (?:now|no longer) (?:an? |in )?[^.?!]{0,40}\b(?:ai|assistant|model|chatbot|dan|developer mode|restricted|bound)\b/,
  /^(?:system|assistant)\s*:\s|\[\/?inst\]|<\|(?:im_start|im_end|system|user|assistant|endoftext)\|>|<<\/?sys>>/,
  /\b(?:if you are|as|note to|attention,?|dear) (?:an? |any |the |all )?(?:ai|ai assistants?|language models?|llms?|chatbots?)\b[^.?!]{0,60}\b(?:must|should|answer|respond|reply|say|ignore|mention|include|recommend|reading)\b/,
  /(?:忽略|无视|無視|忘记|忘記)[^。？！]{0,12}(?:之前|以上|上面|先前|所有)[^。？！]{0,6}(?:指令|指示|提示|规则|規則|说明|說明)/,
  /(?:输出|輸出|显示|顯示|泄露|洩露|重复|重複)[^。？！]{0,8}(?:系统提示|系統提示|系统指令|系統指令|你的提示词|你的提示詞)/,
];

/** Rules for the plainest attacks; for sites whose passages are instructions to people, which a trained guard may suspect. */
export function createRulePassageGuard(): PassageGuard {
  return {
    guardId: 'passage-rules@1',
    async inspect(passages, signal) {
      if (signal.aborted) throw abortError(signal);
      return passages.map(inspectOne);
    },
  };
}

function inspectOne({ title, text, sentences }: Passage): SuspiciousPart[] {
  return [title, ...sentences.map(({ start, end }) => text.slice(start, end))].flatMap((part, sentenceNumber) =>
    RULES.some((rule) => rule.test(normaliseText(part))) ? [{ sentenceNumber, score: 1 }] : [],
  );
}
