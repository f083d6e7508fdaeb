import { basename } from 'node:path';
import { ServiceError } from '../errors.js';
import {
  compareByJudge,
  type JudgeComparison,
  type JudgedAlone,
  type JudgedPair,
} from '../evaluation/judge-comparison.js';
import { isRight, tokenF1 } from '../evaluation/measures/answer-score.js';
import { isRecord, type RecordedAnswer, readAnswers } from '../evaluation/plain-answer.js';
import type { Question } from '../evaluation/question.js';
import { openRewardModelAlone } from '../pipeline/create-pipeline.js';
import { loadSentenceSplitter } from '../retrieval/sentences.js';
import type { RewardItem, RewardModel } from '../reward/reward-model.js';
import { answerText, createAnswerReader, type ReadAnswer } from './answer-reader.js';
import { citedBy, readDocuments } from './corpus-documents.js';
import { interruptible } from './interruptible.js';
import { configWith } from './options.js';
import { startProgress } from './progress.js';

interface JudgeOptions {
  corpus?: string;
  against?: string;
  minConfidence?: number;
}

/** What the judge sees of an answer; a decline needs no passage and is worth 0 by definition. */
type Exhibit = { answer: RecordedAnswer; item: RewardItem | null };

/**
 * Lets the reward model judge the answers. It sees question, cited passage and answer, and no gold answer. With a rival's
 * answers each pair is judged in both orders, and the gold measures of the same pairs stand beside the verdicts.
 *
 * @throws ServiceError when a model or a file cannot be read.
 */
export async function judgeByReward(
  answers: readonly RecordedAnswer[],
  { corpus, against, minConfidence }: JudgeOptions,
  questions: readonly Question[] | undefined,
): Promise<JudgeComparison> {
  const config = configWith({});
  const rivals =
    against === undefined
      ? null
      : (await readAnswers(against, { questions: questions ?? answers, minConfidence })).answers;
  const documents = await readDocuments(corpus, citedBy([...answers, ...(rivals ?? [])]));
  const read = createAnswerReader(documents, await loadSentenceSplitter(config.promptsDir), config.tenant);
  const model = await openRewardModelAlone(config);
  try {
    return await interruptible(async (signal) => {
      const options = { judgeId: model.modelId, signal };
      const { alone, unread } = await judgeAlone(model, answers, read, signal);
      if (!rivals) return compareByJudge(alone, [], { ...options, notJudged: unread });
      const { pairs, unread: unreadPairs } = await judgePairs(model, answers, rivals, read, signal);
      return compareByJudge(alone, pairs, { ...options, notJudged: unreadPairs, name: basename(against ?? '') });
    });
  } finally {
    await model.close();
  }
}

async function judgeAlone(
  model: RewardModel,
  answers: readonly RecordedAnswer[],
  read: ReadAnswer,
  signal: AbortSignal,
): Promise<{ alone: JudgedAlone[]; unread: number }> {
  const given = answers.flatMap((answer) => {
    const text = answerText(answer);
    return text === null ? [] : [{ answer, text, item: read(answer) }];
  });
  const progress = startProgress('answers judged', given.length);
  const alone: JudgedAlone[] = [];
  try {
    for (const { answer, text, item } of given) {
      const [reward] = item ? await scoreOrNone(model, [item], signal) : [];
      if (reward !== undefined) alone.push({ reward, right: isRight(text, answer.answers), characters: text.length });
      progress.tick();
    }
  } finally {
    progress.stop();
  }
  return { alone, unread: given.length - alone.length };
}

async function judgePairs(
  model: RewardModel,
  answers: readonly RecordedAnswer[],
  rivals: readonly RecordedAnswer[],
  read: ReadAnswer,
  signal: AbortSignal,
): Promise<{ pairs: JudgedPair[]; unread: number }> {
  const rivalById = new Map(rivals.map((rival) => [rival.id, rival]));
  const exhibit = (answer: RecordedAnswer): Exhibit => ({ answer, item: read(answer) });
  const progress = startProgress('pairs judged', answers.length);
  const pairs: JudgedPair[] = [];
  let unread = 0;
  try {
    for (const answer of answers) {
      const rival = rivalById.get(answer.id);
      if (!rival || isUnanswered(rival)) continue;
      const [own, other] = [exhibit(answer), exhibit(rival)];
      if (isUnreadable(own) || isUnreadable(other)) unread += 1;
      else {
        const pair = await judgePair(model, own, other, signal);
        if (pair) pairs.push(pair);
        else unread += 1;
      }
      progress.tick();
    }
  } finally {
    progress.stop();
  }
  return { pairs, unread };
}

const isUnanswered = (answer: RecordedAnswer) => !isRecord(answer) && answer.missing;
const isUnreadable = ({ answer, item }: Exhibit) => item === null && answerText(answer) !== null;

/** Bradley-Terry: the preference is the logistic function of the difference of rewards, in either order. */
async function judgePair(
  model: RewardModel,
  own: Exhibit,
  other: Exhibit,
  signal: AbortSignal,
): Promise<JudgedPair | null> {
  const [ownFirst, otherSecond] = await rewards(model, [own, other], signal);
  const [otherFirst, ownSecond] = await rewards(model, [other, own], signal);
  if (ownFirst === undefined || otherSecond === undefined || otherFirst === undefined || ownSecond === undefined)
    return null;
  const { answers, answerable } = own.answer;
  const [ownText, otherText] = [answerText(own.answer), answerText(other.answer)];
  const f1 = (text: string | null) => (text === null ? Number(!answerable) : tokenF1(text, answers));
  return {
    preference: { first: sigmoid(ownFirst - otherSecond), second: sigmoid(ownSecond - otherFirst) },
    f1: { own: f1(ownText), other: f1(otherText) },
    characters: { own: ownText?.length ?? 0, other: otherText?.length ?? 0 },
  };
}

/** `[]` for answers that the model cannot hold, such as a very long one: they are counted, and the others judged. */
async function scoreOrNone(model: RewardModel, items: readonly RewardItem[], signal: AbortSignal): Promise<number[]> {
  try {
    return await model.score(items, signal);
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'inference-failed') return [];
    throw error;
  }
}

async function rewards(model: RewardModel, exhibits: readonly Exhibit[], signal: AbortSignal): Promise<number[]> {
  const items = exhibits.flatMap(({ item }) => item ?? []);
  const scored = await scoreOrNone(model, items, signal);
  if (scored.length < items.length) return [];
  return exhibits.map(({ item }) => (item === null ? 0 : (scored.shift() ?? 0)));
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
