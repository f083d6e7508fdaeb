import type { QueryVerdict } from './query-guard.js';

type Category = Extract<QueryVerdict, { action: 'hits-only' }>['category'];

const SELF_HARM = {
  en:
    'If you are thinking about harming yourself, please talk to someone now. In an emergency call your local emergency ' +
    'number. Helplines: 988 in the United States and Canada (call or text), 116 123 in the United Kingdom and Ireland, ' +
    'and for other countries https://findahelpline.com.',
  zh:
    '如果您有伤害自己的想法，请现在就和身边的人或专业人员谈一谈。紧急情况请拨打当地急救电话（中国大陆 120 或 110）。' +
    '心理援助热线：中国大陆 12356，香港 2389 2222，台湾 1925；其他国家和地区见 https://findahelpline.com。',
};

const ADVICE = {
  medical: {
    en: 'Questions about health are not answered here. Please read the sources, and ask a doctor or pharmacist.',
    zh: '这里不回答健康方面的问题。请阅读来源，并咨询医生或药剂师。',
  },
  legal: {
    en: 'Questions about the law are not answered here. Please read the sources, and ask a lawyer.',
    zh: '这里不回答法律方面的问题。请阅读来源，并咨询律师。',
  },
  financial: {
    en: 'Questions about money and taxes are not answered here. Please read the sources, and ask an adviser.',
    zh: '这里不回答理财和税务方面的问题。请阅读来源，并咨询专业人士。',
  },
};

/** What to say instead of an answer, in the language of the query: Chinese where it has Han characters and no kana, else English. */
export function noticeFor(category: Category, query: string): { notice: string } | Record<never, never> {
  const language = isChinese(query) ? 'zh' : 'en';
  if (category === 'self-harm') return { notice: SELF_HARM[language] };
  if (category === 'medical' || category === 'legal' || category === 'financial') {
    return { notice: ADVICE[category][language] };
  }
  return {};
}

const isChinese = (text: string) =>
  /\p{Script=Han}/u.test(text) && !/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text);
