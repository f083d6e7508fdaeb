export interface SquadArticle {
  title: string;
  paragraphs: {
    context: string;
    qas?: { id: string; question: string; answers: { text: string; answer_start?: number }[]; is_impossible?: boolean }[];
  }[];
}
export interface SetDocument {
  id: string;
  url: string;
  title: string;
  text: string;
  language: string;
  metadata: { source: string; licence: string };
}
export interface AskedQuestion {
  id: string;
  question: string;
  answers: string[];
  answerable: boolean;
  documentId: string;
}
export interface QuestionLine {
  id: string;
  question: string;
  answers: string[];
  answerable: boolean;
  documentIds?: string[];
  language: string;
  kind: 'answerable' | 'passage-removed' | 'adversarial';
}
export interface DocumentsAndQuestions {
  documents: SetDocument[];
  questions: AskedQuestion[];
}
export interface QuestionSet {
  corpus: SetDocument[];
  questions: QuestionLine[];
  removedPassages: number;
}
export type Split = 'samples' | 'calibration' | 'dev' | 'train';

export const SPLITS: Record<Split, [number, number]>;
export function articleFraction(title: string): number;
export function articlesOfSplit<Article extends { title: string }>(articles: Article[], split: Split): Article[];
export function readableTitle(title: string): string;
export function wikipediaUrl(title: string): string;
export function withOtherAnswers(set: QuestionSet, labels: { id: string; answers: string[] }[]): QuestionSet;
export function toDocumentsAndQuestions(
  articles: SquadArticle[],
  prefix: string,
  options?: { tidyQuestions?: boolean },
): DocumentsAndQuestions;
export function seededSample<Item extends { id: string }>(items: Item[], count: number, seed: number | string): Item[];
export function naturalSet(
  gold: DocumentsAndQuestions,
  distractors: SetDocument[],
  options?: { removedShare?: number; seed?: number | string },
): QuestionSet;
export function adversarialSet(gold: DocumentsAndQuestions, distractors: SetDocument[]): QuestionSet;
export function readArticles(path: string): SquadArticle[];
export function toJsonLines(records: unknown[]): string;
