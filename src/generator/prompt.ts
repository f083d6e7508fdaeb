import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ServiceError } from '../errors.js';
import type { Passage } from '../types.js';

const templateSchema = z.strictObject({
  version: z.string().min(1),
  passage: z.string(),
  sentence: z.string(),
  sentenceSeparator: z.string(),
  maxSentences: z.number().int().positive(),
  question: z.string(),
  answer: z.string(),
  decline: z.string().min(1),
  end: z.string().min(1),
});

/** The texts of `prompts/answer.json`: the contract between training and serving. */
export type PromptTemplate = z.infer<typeof templateSchema>;

/** What the policy reads of a passage; plain data, so that it can cross a thread border. */
export interface PromptPassage {
  title: string;
  /** In reading order, white space made single, at most `maxSentences`; sentence `n` is `sentences[n - 1]`. */
  sentences: readonly string[];
}

/** A completion read back. */
export type Completion =
  | { declined: true }
  | {
      declined: false;
      text: string;
      /** As written, so it may name no sentence; `null` when there is no number at the end. */
      sentenceNumber: number | null;
    };

/**
 * Reads `answer.json` of the prompts folder.
 *
 * @throws ServiceError `invalid-config` when it is missing or not what is expected.
 */
export async function loadPromptTemplate(promptsDir: string): Promise<PromptTemplate> {
  const path = join(promptsDir, 'answer.json');
  try {
    return templateSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    const message = `${path}: expected the prompt template. Restore it from the repository or set CANDOR_PROMPTS_DIR.`;
    throw new ServiceError('invalid-config', { message, cause });
  }
}

/** What the prompt shows of a passage. */
export function promptPassage(
  passage: Pick<Passage, 'title' | 'text' | 'sentences'>,
  template: PromptTemplate,
): PromptPassage {
  const sentences = passage.sentences.slice(0, template.maxSentences);
  return {
    title: passage.title.replace(EDGES, ''),
    sentences: sentences.map(({ start, end }) => singleSpaced(passage.text.slice(start, end))),
  };
}

/** Title and numbered sentences: the part of the prompt that is the same for every question. */
export function passageText({ title, sentences }: PromptPassage, template: PromptTemplate): string {
  const numbered = sentences.map((text, index) => fill(template.sentence, { number: String(index + 1), text }));
  return fill(template.passage, { title, sentences: numbered.join(template.sentenceSeparator) });
}

export function questionText(question: string, template: PromptTemplate): string {
  return fill(template.question, { question: singleSpaced(question) });
}

/** The target behind the question, without the end token; an answer without a sentence number is a decline. */
export function answerText(answer: string, sentenceNumber: number | null, template: PromptTemplate): string {
  if (sentenceNumber === null) return template.decline;
  return fill(template.answer, { answer: singleSpaced(answer), number: String(sentenceNumber) });
}

/** Reads back what a model wrote without constraints. */
export function parseCompletion(completion: string, template: PromptTemplate): Completion {
  const text = (completion.split(template.end)[0] ?? '').replace(EDGES, '');
  if (text === template.decline.replace(EDGES, '')) return { declined: true };
  const match = /^(.*?)\s*\[(\d+)\]$/s.exec(text);
  if (!match) return { declined: false, text, sentenceNumber: null };
  return { declined: false, text: (match[1] ?? '').replace(EDGES, ''), sentenceNumber: Number(match[2]) };
}

// White space as Python's str.split() sees it, which JavaScript's \s does not match in a few characters.
const SPACE = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';
const SPACES = new RegExp(SPACE, 'g');
const EDGES = new RegExp(`^${SPACE}|${SPACE}$`, 'g');

/** White space at the edges dropped, each run of it inside made one blank. */
export function singleSpaced(text: string): string {
  return text.replace(EDGES, '').replace(SPACES, ' ');
}

/** What the template itself says: its texts without what is filled in. */
export function fixedTexts({ passage, sentence, question, answer, decline, end }: PromptTemplate): string[] {
  const parts = [passage, sentence, question, answer, decline, end].flatMap((text) => text.split(/\{\w+\}/));
  return [...new Set(parts.map((text) => text.trim()))].filter((text) => text !== '');
}

function fill(template: string, values: Record<string, string>): string {
  return template.replace(/\{(\w+)\}/g, (hole, name: string) => values[name] ?? hole);
}
