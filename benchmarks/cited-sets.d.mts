export interface CitedDocument {
  id: string;
  url: string;
  title: string;
  text: string;
  language: string;
  metadata: { source: string };
}
export interface CitedQuestion {
  id: string;
  question: string;
  answers: string[];
  answerable: boolean;
  documentIds?: string[];
  supportingSentences?: string[];
  language: string;
  kind: 'answerable' | 'unanswerable';
}
export interface CitedSet {
  documents: CitedDocument[];
  questions: CitedQuestion[];
}
export interface ClapnqRow {
  id: string;
  input: string;
  passages: { title: string; text: string }[];
  output: { answer: string; selected_sentences: string[]; meta?: { skip?: boolean } }[];
}

export function clapnqSet(rows: ClapnqRow[]): CitedSet;
export function quotesumSet(rows: Record<string, string>[]): CitedSet;
