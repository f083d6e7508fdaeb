/** The one form in which the encoder models read a passage; `passage_text` in `training/rlhf/encoder.py` is its twin. */
export function passageText({ title, text }: { title: string; text: string }): string {
  const oneLine = title.trim().replace(/\s+/g, ' ');
  return oneLine ? `${oneLine}. ${text}` : text;
}
