import { ServiceError } from '../../errors.js';
import { loadTokenizer, type TextTokenizer } from '../../onnx/tokenizer.js';
import type { WorkerInit } from '../../onnx/worker-module.js';
import { AnswerConstraint, type AnswerVocabulary } from '../answer-constraint.js';
import { loadPromptTemplate, type PromptTemplate } from '../prompt.js';
import { decode } from './decode.js';
import { PassageCache } from './passage-cache.js';
import { PassageReader, type ReadPrompt } from './passage-reader.js';
import { loadPolicyModels, openPolicyFolder, openRewardFolder } from './policy-models.js';
import type { AnswerTask, AnswerTaskCandidate, AnswerTaskResult, PassageTask, ScoreTask } from './policy-tasks.js';
import { answerIds, DECLINE, scoreAnswers } from './score-answers.js';

export interface PolicyWorkerOptions {
  policyDir: string;
  /** `null`: no reward model; the handler `score` then fails. */
  rewardDir: string | null;
  promptsDir: string;
  /** Memory for passages that were read, in each worker; 0 keeps none. */
  cacheBytes: number;
  maxAnswerTokens: number;
  verbatim: boolean;
  /** No answer is insisted on where the policy is surer than this that it should decline, 0..1. */
  insistBelow: number;
}

/** Brackets and number, at most. */
const POINTER_TOKENS = 6;

/** Policy and reward model in one worker: the layers they share run once for both. */
export const init: WorkerInit<PolicyWorkerOptions> = async (options, { threads }) => {
  const template = await loadPromptTemplate(options.promptsDir);
  const policy = await openPolicyFolder(options.policyDir, template.version);
  const reward = options.rewardDir && (await openRewardFolder(options.rewardDir, template.version, policy));
  const models = await loadPolicyModels(policy, reward || null, threads);
  const tokenizer = await loadTokenizer(models.tokenizerPath);
  const vocabulary = answerVocabulary(tokenizer, template, models.vocabulary, models.tokenizerPath);
  const reader = new PassageReader(models, tokenizer, template, new PassageCache(options.cacheBytes));
  const { maxAnswerTokens, verbatim, insistBelow } = options;
  const decline = answerIds(reader, DECLINE, template);
  // An answer, the rest of its last character, its pointer, and the decline that is read beside.
  const roomFor = (answers: number) =>
    answers * (maxAnswerTokens + 3 + POINTER_TOKENS) + vocabulary.declineIds.length + decline.length;

  /** Text that was written token by token may have more tokens when it is read as a whole. */
  const withRoom = (prompt: ReadPrompt, task: PassageTask, ids: readonly number[][], signal: AbortSignal) =>
    prompt.length + count(ids) <= prompt.window ? prompt : reader.read(task, count(ids), signal);

  const answer = async (task: AnswerTask, signal: AbortSignal): Promise<AnswerTaskResult> => {
    const suggestedIds = task.suggestion ? [...reader.encode(` ${task.suggestion}`), vocabulary.openId] : [];
    const prompt = await reader.read(task, roomFor(task.forks + 2) + suggestedIds.length + POINTER_TOKENS, signal);
    const { sentences } = prompt.passage;
    const constraint = ({ mayDecline }: { mayDecline: boolean }) =>
      new AnswerConstraint(vocabulary, sentences, { maxAnswerTokens, verbatim, mayDecline });
    const { forks } = task;
    const request = { constraint, forks, suggestedIds, insistBelow, declineIds: vocabulary.declineIds };
    const decoded = await decode(models, reader, prompt, request, signal);
    const { greedy, insisted, forked, suggested, declineProbability } = decoded;
    const candidates: AnswerTaskCandidate[] = [
      { ...greedy, sampled: 'greedy' },
      ...(insisted ? [{ ...insisted, sampled: 'insisted' as const }] : []),
      ...forked.map((answer) => ({ ...answer, sampled: 'forked' as const })),
      ...(suggested ? [{ ...suggested, sampled: 'suggested' as const }] : []),
    ];
    if (!task.withReward) return { candidates, declineProbability };
    if (candidates.every(({ declined }) => declined)) {
      // A decline's reward is its distance from itself: the reward model need not read the passage.
      return { candidates: candidates.map((candidate) => ({ ...candidate, rewardLogit: 0 })), declineProbability };
    }
    const ids = candidates.map((candidate) => answerIds(reader, candidate, template));
    const read = await withRoom(prompt, task, [...ids, decline], signal);
    const rewards = await scoreAnswers(models, reader, read, ids, decline, signal);
    for (const [index, candidate] of candidates.entries()) candidate.rewardLogit = rewards[index] ?? Number.NaN;
    return { candidates, declineProbability };
  };

  const score = async (task: ScoreTask, signal: AbortSignal): Promise<number[]> => {
    const ids = task.answers.map((given) => answerIds(reader, given, template));
    const prompt = await reader.read(task, count([...ids, decline]), signal);
    return scoreAnswers(models, reader, prompt, ids, decline, signal);
  };

  return { handlers: { answer, score }, dispose: () => models.release() };
};

const count = (answers: readonly number[][]) => answers.reduce((sum, { length }) => sum + length, 0);

function answerVocabulary(
  tokenizer: TextTokenizer,
  template: PromptTemplate,
  size: number,
  path: string,
): AnswerVocabulary {
  const special = (id: number) => tokenizer.decode([id]) === '';
  const tokens = Array.from({ length: size }, (_, id) => (special(id) ? null : (tokenizer.tokenOf(id) ?? null)));
  const only = (text: string): number => {
    const [id, ...others] = tokenizer.encode(text, { specialTokens: false }).ids;
    if (id !== undefined && others.length === 0) return id;
    throw new ServiceError('model-corrupt', { message: `${path}: expected '${text}' to be one token, found several.` });
  };
  return {
    tokens,
    openId: only(' ['),
    closeId: only(']'),
    digitIds: Array.from('0123456789', only),
    declineIds: tokenizer.encode(template.decline, { specialTokens: false }).ids,
  };
}
