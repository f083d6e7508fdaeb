import { answerText, type PromptTemplate } from '../prompt.js';
import { type PassageReader, type ReadPrompt, throwIfAborted } from './passage-reader.js';
import { hiddenFeeds, idFeeds, type PolicyModels } from './policy-models.js';
import { TokenTree } from './token-tree.js';

export interface AnswerToScore {
  text: string;
  /** `null` = a decline. */
  sentenceNumber: number | null;
}

/** The tokens the reward model reads of an answer: its text as in training, then the end token. */
export function answerIds(reader: PassageReader, answer: AnswerToScore, template: PromptTemplate): number[] {
  const text = answerText(answer.text, answer.sentenceNumber, template);
  return [...reader.encode(text), ...reader.encode(template.end)];
}

export const DECLINE: AnswerToScore = { text: '', sentenceNumber: null };

/**
 * Rewards of answers behind a prompt, in their order: how far each stands above declining, which is scored with them.
 *
 * The model is trained on pairs of one question (Bradley-Terry), so a single score means nothing across passages; its
 * distance from the decline of the same prompt does: the log-odds, up to a factor, that the answer is better than none.
 * Each answer is a branch of one token tree, so prompt and weights are read once for all; equal ones are scored once.
 */
export async function scoreAnswers(
  models: PolicyModels,
  reader: PassageReader,
  prompt: ReadPrompt,
  answers: readonly (readonly number[])[],
  decline: readonly number[],
  signal: AbortSignal,
): Promise<number[]> {
  await reader.readUpper(prompt, 'reward', signal);
  const keys = answers.map((ids) => ids.join());
  const distinct = [...new Map([decline, ...answers].map((ids) => [ids.join(), ids]))];
  const tokens = distinct.flatMap(([, ids], branch) => ids.map((id) => ({ branch, id })));
  const masks = new TokenTree(prompt.length).append(tokens);
  const feeds = idFeeds(
    tokens.map(({ id }) => id),
    masks,
  );
  const hidden = await models.lower.run(feeds, 'hidden', prompt.length, prompt.window);
  throwIfAborted(signal);
  let end = -1;
  const ends = distinct.map(([, ids]) => {
    end += ids.length;
    return end;
  });
  const input = hiddenFeeds(hidden, models.hidden, ends, masks);
  const rewards = await reader.graph('reward').run(input, 'reward', prompt.length, prompt.window);
  const byKey = new Map(distinct.map(([key], index) => [key, rewards[index] ?? Number.NaN]));
  const baseline = byKey.get(decline.join()) ?? Number.NaN;
  return keys.map((key) => (byKey.get(key) ?? Number.NaN) - baseline);
}
