import type { AnswerCheck } from '../answer-check.js';

/** Tokens that only a prompt has, whatever model it is for: `<|im_end|>`, `[INST]`, `<<SYS>>`, `<s>`. */
const MARKERS = /<\|[^|>]{1,40}\|>|\[\/?INST\]|<<\/?SYS>>|<\/?s>|\b(?:Question|Passage|Answer|System|Assistant):/;
/** As many words in a row of the prompt are no chance. */
const RUN = 5;

/** A text of the prompt that is no ordinary word: `Frage:`, `</answer>`. */
const isMark = (text: string) => text.length > 1 && /[^\p{L}\p{N}\s'’.,-]/u.test(text);

/** Nothing of the prompt comes back, unless the source itself says it. */
export const noPromptLeak: AnswerCheck = {
  name: 'no-prompt-leak',
  fault({ text, citation, promptTexts }) {
    const { quote } = citation;
    const markers = [MARKERS.exec(text)?.[0] ?? '', ...promptTexts.filter((prompt) => isMark(prompt))];
    if (markers.some((marker) => text.includes(marker) && !quote.includes(marker)))
      return 'it holds a marker of the prompt';
    const said = wordsOf(text);
    const quoted = ` ${wordsOf(quote).join(' ')} `;
    const fixed = promptTexts.map((prompt) => ` ${wordsOf(prompt).join(' ')} `);
    for (let from = 0; from + RUN <= said.length; from++) {
      const run = ` ${said.slice(from, from + RUN).join(' ')} `;
      if (!quoted.includes(run) && fixed.some((prompt) => prompt.includes(run))) return 'it repeats the prompt';
    }
    return null;
  },
};

const wordsOf = (text: string) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? [];
