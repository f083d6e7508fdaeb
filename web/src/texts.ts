import type { AnswerReason, DegradedPart } from './api-types.js';
import type { ConfidenceLevel } from './confidence.js';
import { chooseTag, type LanguageTag } from './language.js';

const en = {
  tagline: 'Search that answers only when it is sure',
  skip: 'Skip to the results',
  searchLabel: 'Search or ask a question',
  placeholder: 'Ask or search',
  submit: 'Search',
  answersSwitch: 'Answer when sure',
  home: 'Candor, start page',
  pageTitle: (query: string) => `${query} – Candor`,

  welcomeTitle: 'Ask the documents',
  welcome:
    'You get the passages that fit best. When one of them answers your question, the answer stands among them: with the sentence it comes from, word for word, and with how sure it is. When nothing is sure enough, this page says so.',
  examplesTitle: 'Try one of these',
  examples: [
    { query: 'Who invented the piano?', hint: 'a question with an answer' },
    { query: 'Where was the potato first domesticated?', hint: 'a question with an answer' },
    { query: 'Who painted The Starry Night?', hint: 'the documents do not say' },
    { query: 'When did the revolution begin?', hint: 'which one?' },
    { query: 'watson crick double helix', hint: 'a few words are enough' },
  ],

  results: 'Results',
  searching: 'Searching …',
  resultCount: (count: number, more: boolean) =>
    more ? `First ${count} results` : count === 1 ? '1 result' : `${count} results`,
  seconds: (ms: number) => `${(ms / 1000).toFixed(2)}\u00a0s`,
  noHitsTitle: (query: string) => `Nothing was found for “${query}”.`,
  noHits: 'Check the spelling, or use fewer or more general words.',
  parts: {
    lexical: 'search by words',
    dense: 'search by meaning',
    reranker: 'order of the results',
  } satisfies Record<DegradedPart, string>,
  degraded: (names: string) =>
    `A part of the search did not respond (${names}). There may be more than is listed here.`,
  didYouMean: 'Did you mean',
  searchedFor: (query: string) => `Nothing was found for “${query}”. These are the results for`,
  nearDuplicates: (count: number) =>
    count === 1 ? 'One nearly identical passage is left out.' : `${count} nearly identical passages are left out.`,
  more: 'More results',
  moreLoading: 'Loading …',
  moreFailed: 'No more results could be loaded. Try again',
  untitled: 'Untitled',
  answerSource: 'Source of the answer',

  answer: 'Answer',
  answerPending: 'Reading the sources for an answer …',
  answerAt: (position: number) => `An answer was found. It is result ${position}.`,
  answerBeside: 'An answer was found. It stands beside the results.',
  goToAnswer: 'Go to the answer',
  answerAbove: 'Answer above',
  answerBelow: 'Answer below',
  quote: 'The sentence it comes from',
  from: 'From',
  alsoFrom: 'Also said here',
  sourcesDisagree: 'Sources disagree',
  asOf: (date: string) => `As of ${date}`,
  dated: (date: string) => `dated ${date}`,
  sure: (percent: number) => `${percent}\u00a0% sure`,
  levels: {
    veryHigh: 'Very high confidence',
    high: 'High confidence',
    fair: 'Fair confidence',
    low: 'Low confidence',
  } satisfies Record<ConfidenceLevel, string>,
  sureExplained: (percent: number) =>
    `Of 100 answers with this figure, about ${percent} are right and supported by the sentence below. The figure is learnt from questions whose answers are known. Read the source where it matters.`,
  eachSourceSaysSo: 'Each source says so',
  eachSourceExplained: (percent: number) =>
    `This is how sure it is that the sources say what stands here, at least ${percent} times of 100 for each of them. Which of them is right is not known. Read the sources.`,

  noAnswer: {
    'low-confidence': 'No answer is shown: none was sure enough to rely on.',
    'no-evidence': 'No answer is shown: no passage was found that could support one.',
    declined: 'No answer is shown: the passages that were read do not say it.',
    'unsafe-query': 'No answer is shown: questions of this kind are searched, but not answered.',
    'unsafe-answer': 'No answer is shown: what was found is not repeated as an answer.',
    deadline: 'No answer is shown: it was not ready in time.',
    'generator-unavailable':
      'No answer is shown: the part that writes answers is not available. The results are not affected.',
    'failed-check': 'No answer is shown: one was found, but its source does not bear it out.',
    'not-a-question': 'No answer is shown: the results are what this query asks for.',
    'promise-broken': 'No answer is shown: too many of late were wrong, so answers are switched off here.',
    'ambiguous-query': 'No answer is shown: this may mean several things. Choose the one you mean.',
    off: 'No answer is shown: answers are switched off.',
  } satisfies Record<Exclude<AnswerReason, 'shown' | 'sources-disagree'>, string>,
  tooUnsure: (percent: number) =>
    `No answer is shown: the best one was only ${percent}\u00a0% sure, too little to rely on.`,
  noAnswerInterrupted: 'No answer is shown: the connection ended before one came.',
  noAnswerUnknown: 'No answer is shown.',
  switchOn: 'Switch answers on',
  retry: 'Try again',

  problemTitle: 'The search did not work',
  problems: {
    unreachable: 'The service cannot be reached. Check the connection and try again.',
    'empty-query': 'The query is empty. Type a word or a question.',
    'query-too-long': 'The query is too long. A sentence or two are enough.',
    'invalid-request': 'The service did not understand the query.',
    unauthorized: 'This service asks for a credential that this page does not have.',
    forbidden: 'Your credential does not allow searching here.',
    'rate-limited': 'Too many searches in a short time. Wait a moment and try again.',
    'index-missing': 'There is nothing to search yet: no documents have been added.',
    'retrieval-unavailable': 'No part of the search responded. Try again in a moment.',
    overloaded: 'The service is busy. Try again in a moment.',
    'deadline-exceeded': 'The search took too long. Try again.',
    internal: 'Something went wrong on our side. Try again in a moment.',
  } as Record<string, string>,
  problemCode: (code: string, requestId?: string) =>
    requestId ? `Code ${code}, request ${requestId}` : `Code ${code}`,

  footerKeys: 'Press / to search',
  footerApi: 'The same as an API',
};

export type Texts = typeof en;

const zh: Texts = {
  tagline: '有把握才作答的搜索',
  skip: '跳到搜索结果',
  searchLabel: '搜索或提问',
  placeholder: '搜索或提问',
  submit: '搜索',
  answersSwitch: '有把握时作答',
  home: 'Candor 首页',
  pageTitle: (query) => `${query} – Candor`,

  welcomeTitle: '向文档提问',
  welcome:
    '这里列出最相关的段落。如果其中某一段回答了您的问题，答案会作为一条结果出现在其中，并附上一字不差的原句和把握程度。如果没有足够的把握，页面会明确告诉您。',
  examplesTitle: '试试这些',
  examples: [
    { query: 'Who invented the piano?', hint: '有答案的问题' },
    { query: 'Where was the potato first domesticated?', hint: '有答案的问题' },
    { query: 'Who painted The Starry Night?', hint: '文档中没有提到' },
    { query: 'When did the revolution begin?', hint: '哪一场革命？' },
    { query: 'watson crick double helix', hint: '几个词就够了' },
  ],

  results: '搜索结果',
  searching: '正在搜索……',
  resultCount: (count, more) => (more ? `前 ${count} 条结果` : `${count} 条结果`),
  seconds: (ms) => `${(ms / 1000).toFixed(2)} 秒`,
  noHitsTitle: (query) => `没有找到与“${query}”相关的内容。`,
  noHits: '请检查拼写，或换用更少、更常见的词。',
  parts: { lexical: '按词搜索', dense: '按语义搜索', reranker: '结果排序' },
  degraded: (names) => `搜索的一部分没有响应（${names}），这里列出的可能不完整。`,
  didYouMean: '您是不是要找',
  searchedFor: (query) => `没有找到“${query}”，以下是这个查询的结果：`,
  nearDuplicates: (count) => `另有 ${count} 个几乎相同的段落没有列出。`,
  more: '更多结果',
  moreLoading: '正在加载……',
  moreFailed: '无法加载更多结果，点此重试',
  untitled: '无标题',
  answerSource: '答案的出处',

  answer: '答案',
  answerPending: '正在从原文中寻找答案……',
  answerAt: (position) => `找到了答案，它是第 ${position} 条结果。`,
  answerBeside: '找到了答案，它在搜索结果旁边。',
  goToAnswer: '查看答案',
  answerAbove: '答案在上方',
  answerBelow: '答案在下方',
  quote: '答案所在的原句',
  from: '出处',
  alsoFrom: '另见',
  sourcesDisagree: '来源不一致',
  asOf: (date) => `截至 ${date}`,
  dated: (date) => `日期 ${date}`,
  sure: (percent) => `${percent}% 的把握`,
  levels: { veryHigh: '把握很大', high: '把握大', fair: '把握一般', low: '把握小' },
  sureExplained: (percent) =>
    `在标有这个数字的 100 个答案中，约有 ${percent} 个是正确的，并且得到下面原句的支持。这个数字是用已知答案的问题校准出来的。重要的事情请查看原文。`,
  eachSourceSaysSo: '每个来源都这样说',
  eachSourceExplained: (percent) =>
    `这个数字表示各个来源确实这样说的把握：每个来源在 100 次中至少约有 ${percent} 次如此。哪一个来源是对的并不清楚，请查看原文。`,

  noAnswer: {
    'low-confidence': '没有显示答案：没有一个答案足够可靠。',
    'no-evidence': '没有显示答案：没有找到可以支持答案的段落。',
    declined: '没有显示答案：读过的段落没有提到这一点。',
    'unsafe-query': '没有显示答案：这类问题只提供搜索，不作回答。',
    'unsafe-answer': '没有显示答案：找到的内容不宜作为答案复述。',
    deadline: '没有显示答案：未能及时得出。',
    'generator-unavailable': '没有显示答案：生成答案的部分暂时不可用，搜索结果不受影响。',
    'failed-check': '没有显示答案：找到了一个答案，但原文不能证实它。',
    'not-a-question': '没有显示答案：搜索结果就是这个查询所要的内容。',
    'promise-broken': '没有显示答案：最近的错误答案过多，这里的回答功能已暂停。',
    'ambiguous-query': '没有显示答案：这个问题可能有多种含义，请选择您要问的那一个。',
    off: '没有显示答案：您关闭了回答功能。',
  },
  tooUnsure: (percent) => `没有显示答案：最好的一个也只有 ${percent}% 的把握，不足以采信。`,
  noAnswerInterrupted: '没有显示答案：连接在答案到来之前中断了。',
  noAnswerUnknown: '没有显示答案。',
  switchOn: '开启回答',
  retry: '重试',

  problemTitle: '搜索没有成功',
  problems: {
    unreachable: '无法连接到服务。请检查网络后重试。',
    'empty-query': '查询是空的。请输入一个词或一个问题。',
    'query-too-long': '查询太长了，一两句话就够了。',
    'invalid-request': '服务没有理解这个查询。',
    unauthorized: '这项服务需要凭证，而本页面没有。',
    forbidden: '您的凭证不允许在这里搜索。',
    'rate-limited': '短时间内搜索次数过多，请稍后再试。',
    'index-missing': '还没有可以搜索的内容：尚未添加任何文档。',
    'retrieval-unavailable': '搜索服务没有响应，请稍后再试。',
    overloaded: '服务繁忙，请稍后再试。',
    'deadline-exceeded': '搜索超时，请重试。',
    internal: '服务出了点问题，请稍后再试。',
  },
  problemCode: (code, requestId) => (requestId ? `代码 ${code}，请求 ${requestId}` : `代码 ${code}`),

  footerKeys: '按 / 键开始搜索',
  footerApi: '同样的功能也有 API',
};

/** BCP 47 tag of the page's words, and the words. */
export interface Language {
  tag: LanguageTag;
  texts: Texts;
}

/** The words of the page in the first wanted language that there are words in. */
export function chooseLanguage(wanted: readonly (string | null)[]): Language {
  const tag = chooseTag(wanted);
  return { tag, texts: { en, zh }[tag] };
}
