import { chooseTag, type LanguageTag } from '../language.js';
import type { AuditEntry, GroupThreshold, PromiseStatus, Rule } from './admin-types.js';

const percent = (share: number | null) => (share === null ? '–' : `${(100 * share).toFixed(1)} %`);

const en = {
  title: 'Candor – administration',
  stop: '.',
  skip: 'Skip to the content',
  home: 'Candor, search page',
  administration: 'Administration',
  percent,

  keyLabel: 'API key with the scope admin',
  useKey: 'Use key',
  forgetKey: 'Forget the key',
  keyNeeded: 'This needs an API key with the scope admin.',
  /** By code; what is not there is said as the service says it. */
  problems: {} as Readonly<Record<string, string>>,
  readAnew: 'Read anew',
  readAnewDone: 'Read anew.',

  promise: 'The promise',
  unwatched: 'Nobody watches: no calibrator is loaded, or CANDOR_DRIFT_MONITOR is off.',
  states: {
    unknown: 'Not known yet',
    holds: 'Holds',
    raised: 'Threshold raised',
    off: 'Answers are off',
  } satisfies Record<PromiseStatus['state'], string>,
  stateWords: {
    holds: (target: string) => `Nothing that was seen speaks against it: ${target} of the shown answers are right.`,
    notRefuted: (target: string) =>
      `Fewer of the judged answers are right than the promised ${target}, but still so many that it may be chance.`,
    unknown: (seen: number) => `Too little was seen to say whether it holds (${seen} answers looked at).`,
    raised: (threshold: string) => `Only answers from a confidence of ${threshold} on are shown.`,
    off: 'No answer is shown at present.',
  },
  because: {
    feedback: 'Too many of the answers that were judged of late were wrong.',
    population: 'The queries of late are others than those of the calibration.',
  } satisfies Record<NonNullable<PromiseStatus['because']>, string>,
  calibrator: 'Calibrator',
  target: 'Target',
  calibratedThreshold: 'Threshold of the calibrator',
  threshold: 'Threshold in use',
  noThreshold: 'none: answers are off',
  calibrated: 'Calibrated',
  calibratedOn: ({ date, basis, shown, precision }: PromiseStatus['calibration']) =>
    `${date}, on ${basis === 'labels' ? "the site's own queries" : 'the questions of the models'}: ${shown} answers shown, ${percent(precision)} right`,
  bound: 'Bound',
  boundWords: (low: string, confidence: string) => `at least ${low}, with ${confidence} confidence`,
  stability: 'Population stability index',
  stabilityWords: {
    unknown: 'unknown',
    same: 'as at the calibration',
    different: 'somewhat different',
    other: 'other queries come',
  },
  answersSeen: (count: number) => `${count} answers`,
  judged: 'Judged of late',
  judgedWords: (right: number, judged: number) => `${right} of ${judged} right`,
  rolling: 'Rolling precision',
  rollingWords: (precision: string, low: string) => `${precision}, at least ${low}`,
  forgetSeen: 'Forget what was seen',
  seenForgotten: 'What was seen is forgotten.',

  groups: 'Thresholds by group of queries',
  group: 'Queries',
  groupOf: ({ language, kind }: GroupThreshold) => `${kinds[kind]}, ${nameOf('en', language) ?? 'language unknown'}`,
  otherQueries: 'all others',
  ofCalibrator: 'Of the calibrator',
  inUse: 'In use',

  answers: 'Latest searches',
  noSearches: 'There were none since the service started.',
  answersCaption: (searches: number) => `What became of the latest ${searches} searches`,
  reason: 'Reason',
  strategy: 'Strategy',
  searches: 'Searches',
  share: 'Share',

  rules: 'Rules',
  noRules: 'There are none: the guards decide alone.',
  actions: { block: 'block', allow: 'allow' } satisfies Record<Rule['action'], string>,
  matches: {
    query: 'the whole query',
    phrase: 'words in a query',
    document: 'a document by its id',
  } satisfies Record<Rule['match'], string>,
  remove: 'Remove',
  removeRule: (value: string) => `Remove ${value}`,
  action: 'Do',
  match: 'for',
  value: 'Value',
  why: 'Why',
  addRule: 'Add rule',
  ruleAdded: 'The rule holds from the next query on.',
  ruleRemoved: 'The rule is removed.',

  audit: 'Audit log',
  noAudit: 'Nothing was changed yet.',
  audited: { add: 'added', remove: 'removed' } satisfies Record<AuditEntry['action'], string>,
  by: (at: string, who: string | null) => `${at}, by ${who ?? 'the command line, or anybody'}`,
};

const kinds: Record<GroupThreshold['kind'], string> = {
  question: 'questions',
  keyword: 'a few words',
  navigational: 'for a page',
  transactional: 'for something to get',
};

export type AdminTexts = typeof en;

const zhKinds: typeof kinds = {
  question: '问题',
  keyword: '关键词',
  navigational: '找网页',
  transactional: '购买或下载',
};

const zhPercent: typeof percent = (share) => percent(share).replace(' ', '');

const zh: AdminTexts = {
  title: 'Candor – 管理',
  stop: '。',
  skip: '跳到内容',
  home: 'Candor 搜索页面',
  administration: '管理',
  percent: zhPercent,

  keyLabel: '具有 admin 权限的 API 密钥',
  useKey: '使用密钥',
  forgetKey: '清除密钥',
  keyNeeded: '需要具有 admin 权限的 API 密钥。',
  problems: {
    unreachable: '无法连接到服务。',
    unauthorized: '这个密钥无效。',
    forbidden: '这个密钥没有 admin 权限。',
    'invalid-request': '服务不接受这项内容，请检查后重试。',
    'not-found': '已经不存在了。',
    'rate-limited': '请求过多，请稍后再试。',
    internal: '服务出了点问题，请稍后再试。',
  },
  readAnew: '重新读取',
  readAnewDone: '已重新读取。',

  promise: '承诺',
  unwatched: '无人监测：没有加载校准器，或者 CANDOR_DRIFT_MONITOR 已关闭。',
  states: { unknown: '尚不清楚', holds: '成立', raised: '阈值已提高', off: '回答已关闭' },
  stateWords: {
    holds: (target) => `目前没有相反的迹象：显示的答案有 ${target} 是正确的。`,
    notRefuted: (target) => `被评判的答案中正确的少于承诺的 ${target}，但仍可能是偶然。`,
    unknown: (seen) => `看到的还太少，无法判断（共 ${seen} 个答案）。`,
    raised: (threshold) => `只显示置信度不低于 ${threshold} 的答案。`,
    off: '目前不显示任何答案。',
  },
  because: {
    feedback: '最近被评判的答案中错误过多。',
    population: '最近的查询与校准时的不同。',
  },
  calibrator: '校准器',
  target: '目标',
  calibratedThreshold: '校准器的阈值',
  threshold: '当前阈值',
  noThreshold: '无：回答已关闭',
  calibrated: '校准',
  calibratedOn: ({ date, basis, shown, precision }) =>
    `${date}，基于${basis === 'labels' ? '本站自己的查询' : '模型的校准问题'}：显示 ${shown} 个答案，${zhPercent(precision)} 正确`,
  bound: '下界',
  boundWords: (low, confidence) => `至少 ${low}，置信水平 ${confidence}`,
  stability: '群体稳定性指数',
  stabilityWords: { unknown: '未知', same: '与校准时相同', different: '略有不同', other: '查询已经不同' },
  answersSeen: (count) => `${count} 个答案`,
  judged: '最近的评判',
  judgedWords: (right, judged) => `${judged} 个中有 ${right} 个正确`,
  rolling: '近期正确率',
  rollingWords: (precision, low) => `${precision}，至少 ${low}`,
  forgetSeen: '清除已看到的',
  seenForgotten: '已清除。',

  groups: '各类查询的阈值',
  group: '查询',
  groupOf: ({ language, kind }) => `${zhKinds[kind]}，${nameOf('zh', language) ?? '语言未知'}`,
  otherQueries: '其他所有查询',
  ofCalibrator: '校准器的',
  inUse: '当前',

  answers: '最近的搜索',
  noSearches: '服务启动以来还没有搜索。',
  answersCaption: (searches) => `最近 ${searches} 次搜索的结果`,
  reason: '原因',
  strategy: '策略',
  searches: '次数',
  share: '比例',

  rules: '规则',
  noRules: '没有规则：完全由安全检查决定。',
  actions: { block: '阻止', allow: '允许' },
  matches: { query: '整个查询', phrase: '查询中的词', document: '文档（按编号）' },
  remove: '删除',
  removeRule: (value) => `删除 ${value}`,
  action: '操作',
  match: '对象',
  value: '内容',
  why: '理由',
  addRule: '添加规则',
  ruleAdded: '规则从下一次查询起生效。',
  ruleRemoved: '规则已删除。',

  audit: '审计日志',
  noAudit: '还没有任何更改。',
  audited: { add: '添加', remove: '删除' },
  by: (at, who) => `${at}，${who ?? '命令行或任何人'}`,
};

/** A language by its ISO 639-1 code, in words of the page. */
function nameOf(tag: LanguageTag, language: string | null): string | undefined {
  return language === null ? undefined : new Intl.DisplayNames(tag, { type: 'language' }).of(language);
}

/** The words of the page in the first wanted language that there are words in. */
export function chooseAdminLanguage(wanted: readonly (string | null)[]): { tag: LanguageTag; texts: AdminTexts } {
  const tag = chooseTag(wanted);
  return { tag, texts: { en, zh }[tag] };
}
