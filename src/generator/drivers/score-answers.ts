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

/**
 * Rewards of answers behind a prompt, in their order. Each is a branch of one token tree, so prompt and weights are read
 * once for all; equal answers are scored once.
 */
export async function scoreAnswers(
  models: PolicyModels,
  reader: PassageReader,
  prompt: ReadPrompt,
  answers: readonly (readonly number[])[],
  signal: AbortSignal,
): Promise<number[]> {
  await reader.readUpper(prompt, 'reward', signal);
  const keys = answers.map((ids) => ids.join());
  const distinct = [...new Map(answers.map((ids) => [ids.join(), ids]))];
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
  return keys.map((key) => byKey.get(key) ?? Number.NaN);
}
