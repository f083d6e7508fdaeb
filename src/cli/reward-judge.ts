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

/** Answers or pairs given to the model at once: its workers share them. */
const BATCH = 32;

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
    for (const batch of batches(given, BATCH)) {
      const readable = batch.flatMap(({ answer, text, item }) => (item ? [{ answer, text, item }] : []));
      const rewards = await scoreEach(
        model,
        readable.map(({ item }) => item),
        signal,
      );
      for (const [index, { answer, text }] of readable.entries()) {
        const reward = rewards[index];
        if (reward != null) alone.push({ reward, right: isRight(text, answer.answers), characters: text.length });
      }
      for (const _ of batch) progress.tick();
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
  const both = answers.flatMap((answer) => {
    const rival = rivalById.get(answer.id);
    return rival && !isUnanswered(rival) ? [{ own: exhibit(answer), other: exhibit(rival) }] : [];
  });
  const progress = startProgress('pairs judged', both.length);
  const pairs: JudgedPair[] = [];
  try {
    for (const batch of batches(both, BATCH)) {
      const readable = batch.filter(({ own, other }) => !isUnreadable(own) && !isUnreadable(other));
      pairs.push(...(await judgeBatch(model, readable, signal)));
      for (const _ of batch) progress.tick();
    }
  } finally {
    progress.stop();
  }
  return { pairs, unread: both.length - pairs.length };
}

const isUnanswered = (answer: RecordedAnswer) => !isRecord(answer) && answer.missing;
const isUnreadable = ({ answer, item }: Exhibit) => item === null && answerText(answer) !== null;

interface ExhibitPair {
  own: Exhibit;
  other: Exhibit;
}

/**
 * Every pair in both orders. Bradley-Terry: the preference is the logistic function of the difference of rewards. A pair
 * with an answer that the model could not read is left out.
 */
async function judgeBatch(
  model: RewardModel,
  pairs: readonly ExhibitPair[],
  signal: AbortSignal,
): Promise<JudgedPair[]> {
  const ownFirst = await rewardsOf(
    model,
    pairs.flatMap(({ own, other }) => [own, other]),
    signal,
  );
  const otherFirst = await rewardsOf(
    model,
    pairs.flatMap(({ own, other }) => [other, own]),
    signal,
  );
  return pairs.flatMap(({ own, other }, index) => {
    const [own1, other1] = ownFirst.slice(2 * index);
    const [other2, own2] = otherFirst.slice(2 * index);
    if (own1 == null || other1 == null || own2 == null || other2 == null) return [];
    const { answers, answerable } = own.answer;
    const [ownText, otherText] = [answerText(own.answer), answerText(other.answer)];
    const f1 = (text: string | null) => (text === null ? Number(!answerable) : tokenF1(text, answers));
    return [
      {
        preference: { first: sigmoid(own1 - other1), second: sigmoid(own2 - other2) },
        f1: { own: f1(ownText), other: f1(otherText) },
        characters: { own: ownText?.length ?? 0, other: otherText?.length ?? 0 },
      },
    ];
  });
}

/** 0 for a decline; `null` where the model could not read it. */
async function rewardsOf(
  model: RewardModel,
  exhibits: readonly Exhibit[],
  signal: AbortSignal,
): Promise<(number | null)[]> {
  const items = exhibits.flatMap(({ item }) => item ?? []);
  const rewards = await scoreEach(model, items, signal);
  let next = 0;
  return exhibits.map(({ item }) => (item === null ? 0 : (rewards[next++] ?? null)));
}

/**
 * One reward for each item; `null` for those that the model cannot hold, such as a very long one. What fails together is
 * tried again in halves, so that one such answer costs nobody else theirs.
 */
export async function scoreEach(
  model: Pick<RewardModel, 'score'>,
  items: readonly RewardItem[],
  signal: AbortSignal,
): Promise<(number | null)[]> {
  if (items.length === 0) return [];
  try {
    return await model.score(items, signal);
  } catch (error) {
    if (!(error instanceof ServiceError && error.code === 'inference-failed')) throw error;
    if (items.length === 1) return [null];
    const half = Math.ceil(items.length / 2);
    const first = await scoreEach(model, items.slice(0, half), signal);
    return [...first, ...(await scoreEach(model, items.slice(half), signal))];
  }
}

function* batches<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
