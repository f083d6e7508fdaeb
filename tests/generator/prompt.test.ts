import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  answerText,
  fixedTexts,
  loadPromptTemplate,
  parseCompletion,
  passageText,
  promptPassage,
  questionText,
} from '../../src/generator/prompt.js';

interface Golden {
  promptVersion: string;
  prompts: {
    title: string;
    sentences: string[];
    question: string;
    answer: string | null;
    sentenceNumber: number | null;
    passageText: string;
    questionText: string;
    answerText: string;
  }[];
  completions: { completion: string; declined: boolean; text: string | null; sentenceNumber: number | null }[];
}

const promptsDir = fileURLToPath(new URL('../../prompts', import.meta.url));
const golden = JSON.parse(readFileSync(`${promptsDir}/prompt.golden.json`, 'utf8')) as Golden;
const template = await loadPromptTemplate(promptsDir);

/** A passage whose text is these sentences with a blank between them. */
function passageOf(title: string, sentences: readonly string[]) {
  let start = 0;
  const spans = sentences.map((sentence) => {
    const span = { start, end: start + sentence.length };
    start = span.end + 1;
    return span;
  });
  return { title, text: sentences.join(' '), sentences: spans };
}

describe('the prompt is the one of training, character by character', () => {
  test('of the same version', () => expect(template.version).toBe(golden.promptVersion));

  test.each(golden.prompts)('$title', (wanted) => {
    const shown = promptPassage(passageOf(wanted.title, wanted.sentences), template);
    expect(passageText(shown, template)).toBe(wanted.passageText);
    expect(questionText(wanted.question, template)).toBe(wanted.questionText);
    expect(answerText(wanted.answer ?? '', wanted.sentenceNumber, template)).toBe(wanted.answerText);
  });

  test.each(golden.completions)('read back: "$completion"', ({ completion, declined, text, sentenceNumber }) => {
    expect(parseCompletion(completion, template)).toEqual(
      declined ? { declined: true } : { declined: false, text, sentenceNumber },
    );
  });
});

test('a missing template is named, with what to do', async () => {
  await expect(loadPromptTemplate('/nowhere')).rejects.toMatchObject({
    code: 'invalid-config',
    message: expect.stringContaining('/nowhere/answer.json'),
  });
});

test('fixed texts are what no passage and no question put there', () => {
  expect(fixedTexts(template)).toEqual(['[', ']', 'Question:', 'Answer:', 'unanswerable', '<|im_end|>']);
  expect(fixedTexts({ ...template, passage: 'Read {title} with care.\n{sentences}\n' })).toEqual(
    expect.arrayContaining(['Read', 'with care.']),
  );
});
