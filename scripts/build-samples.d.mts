export interface Section {
  /** `null` for the lead. */
  heading: string | null;
  paragraphs: string[];
}
export function titleKey(title: string): string;
export function documentId(source: string, title: string): string;
export function mendLine(line: string): string;
export function toSections(text: string): Section[];
export function cutAtSection(sections: Section[], maxWords: number): Section[];
export function sectionsToText(sections: Section[]): string;
export function countWords(text: string): number;
export function wordSequences(text: string): Generator<number>;
export function overlap(
  article: { title: string; source: string },
  held: { titles: Set<string>; sequences: Set<number> },
): string | null;
