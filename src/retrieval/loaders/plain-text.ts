import { type ParsedText, wellFormed } from './loader.js';

/** The text as it is. */
export function parsePlainText(source: string): ParsedText {
  return { text: wellFormed(source), headings: [] };
}
