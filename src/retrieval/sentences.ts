import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ServiceError } from '../errors.js';
import type { TextSpan } from '../types.js';

/** Sentences of a text in reading order, white space around them excluded; `[]` for blank text. */
export type SplitSentences = (text: string) => TextSpan[];

// The same rules as `training/rlhf/sentences.py`, so that a sentence has one number in training and in serving. White
// space is spelled out because Python and JavaScript disagree about a few characters.
const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const LATIN_END = `[.!?]["'”’)\\]]*(?=[${SPACE}]+["'“‘(\\[]*[A-Z0-9À-ÞΑ-ΩА-Я])`;
const CJK_END = '[。！？]["”’」』）]*';
const BOUNDARY = new RegExp(`${LATIN_END}|${CJK_END}|\\n+`, 'g');
const IS_SPACE = new RegExp(`[${SPACE}]`);
const OPENING = /^[(["'“‘]+/;
const INITIALS = /^(?:[A-Z]|(?:[A-Za-z]\.)+[A-Za-z])$/;

const fileSchema = z.looseObject({ abbreviations: z.array(z.string()) });

/**
 * Reads `sentence-boundaries.json` of the prompts folder.
 *
 * @throws ServiceError `invalid-config` when it is missing or not what is expected.
 */
export async function loadSentenceSplitter(promptsDir: string): Promise<SplitSentences> {
  const path = join(promptsDir, 'sentence-boundaries.json');
  try {
    return sentenceSplitter(fileSchema.parse(JSON.parse(await readFile(path, 'utf8'))).abbreviations);
  } catch (cause) {
    const message = `${path}: expected {"abbreviations": [..]}. Restore it from the repository or set CANDOR_PROMPTS_DIR.`;
    throw new ServiceError('invalid-config', { message, cause });
  }
}

/** @param abbreviations In lower case and without the last full stop: no sentence ends behind one. */
export function sentenceSplitter(abbreviations: readonly string[]): SplitSentences {
  const known = new Set(abbreviations);
  return (text) => {
    const spans: TextSpan[] = [];
    let start = 0;
    for (const match of text.matchAll(BOUNDARY)) {
      if (match[0].startsWith('.') && endsInAbbreviation(text, start, match.index, known)) continue;
      const end = match.index + match[0].length;
      add(spans, text, start, end);
      start = end;
    }
    add(spans, text, start, text.length);
    return spans;
  };
}

const isSpace = (text: string, index: number) => IS_SPACE.test(text.charAt(index));

function endsInAbbreviation(text: string, start: number, end: number, known: ReadonlySet<string>): boolean {
  let wordEnd = end;
  while (wordEnd > start && isSpace(text, wordEnd - 1)) wordEnd -= 1;
  let wordStart = wordEnd;
  while (wordStart > start && !isSpace(text, wordStart - 1)) wordStart -= 1;
  const word = text.slice(wordStart, wordEnd).replace(OPENING, '');
  return known.has(word.toLowerCase()) || INITIALS.test(word);
}

function add(spans: TextSpan[], text: string, start: number, end: number): void {
  let [from, to] = [start, end];
  while (from < to && isSpace(text, from)) from += 1;
  while (to > from && isSpace(text, to - 1)) to -= 1;
  if (from < to) spans.push({ start: from, end: to });
}
