import type { AnswerReason, ShownReason } from '../types.js';

/** Languages that the service itself writes. */
export type SpokenLanguage = 'en' | 'zh';

/** Chinese when a query has Han characters and no kana, which would make it Japanese; English otherwise. */
export function languageOfQuery(text: string, tag?: string): SpokenLanguage {
  if (tag !== undefined) return /^zh\b/i.test(tag) ? 'zh' : 'en';
  return /\p{Script=Han}/u.test(text) && !/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text) ? 'zh' : 'en';
}

type Texts = Readonly<Record<Exclude<AnswerReason, ShownReason>, string>>;

/** Why nothing is shown, for people. */
const MESSAGES: Readonly<Record<SpokenLanguage, Texts>> = {
  en: {
    'ambiguous-query': 'This may mean several things. Which one do you mean?',
    'no-evidence': 'No passage was found that could support an answer.',
    declined: 'The passages that were read do not say it.',
    'unsafe-query': 'Questions of this kind are searched, but not answered.',
    'unsafe-answer': 'What was found is not shown as an answer.',
    'low-confidence': 'No answer is sure enough to rely on.',
    'failed-check': 'An answer was found, but its source does not bear it out.',
    'not-a-question': 'The results are what this query asks for.',
    'promise-broken': 'Answers are switched off: too many of late were wrong.',
    deadline: 'No answer was ready in time.',
    'generator-unavailable': 'The part that writes answers is not available.',
    off: 'Answers are switched off.',
  },
  zh: {
    'ambiguous-query': '这个问题可能有多种含义，您指的是哪一个？',
    'no-evidence': '没有找到可以支持答案的段落。',
    declined: '读过的段落没有提到这一点。',
    'unsafe-query': '这类问题只提供搜索，不作回答。',
    'unsafe-answer': '找到的内容不作为答案显示。',
    'low-confidence': '没有一个答案足够可靠。',
    'failed-check': '找到了一个答案，但原文不能证实它。',
    'not-a-question': '搜索结果就是这个查询所要的内容。',
    'promise-broken': '回答功能已暂停：最近的错误答案过多。',
    deadline: '未能及时得出答案。',
    'generator-unavailable': '生成答案的部分暂时不可用。',
    off: '回答功能已关闭。',
  },
};

export const messageOf = (reason: Exclude<AnswerReason, ShownReason>, language: SpokenLanguage): string =>
  MESSAGES[language][reason];

/** The sentence that stands in place of an answer when sources disagree. `[n]` is the n-th citation, from 1. */
export function disagreementText(claims: readonly string[], language: SpokenLanguage): string {
  return language === 'zh'
    ? `来源不一致：${claims.map((text, index) => `[${index + 1}] 说是“${text}”`).join('，')}。`
    : `Sources disagree: ${claims.map((text, index) => `[${index + 1}] says ${text}`).join(', ')}.`;
}
