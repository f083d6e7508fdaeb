/** What the encoder models read of a passage: title and headings as sentences, then the text. */
export interface PassageTextParts {
  title: string;
  headings?: readonly string[];
  text: string;
}

/** The one form in which the encoder models read a passage; `passage_text` in `training/rlhf/encoder.py` is its twin. */
export function passageText({ title, headings = [], text }: PassageTextParts): string {
  const context = [title, ...headings].map((line) => line.trim().replace(/\s+/g, ' ')).filter(Boolean);
  return [...context.map((line) => `${line}. `), text].join('');
}
