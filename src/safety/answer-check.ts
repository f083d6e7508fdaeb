import type { Access, Citation } from '../types.js';

/** Whether answers may hold personal data of a document: `metadata.personalData` of the document, else the site's setting. */
export type PersonalDataPolicy = 'show' | 'withhold';

/** What stands now at the place that a citation names, read back from the store just before the answer is shown. */
export interface SourceNow {
  tenant: string;
  acl: readonly string[];
  /** Characters `start` to `end` of the document as it is stored now. */
  excerpt: string;
  personalData: PersonalDataPolicy;
}

export interface CheckInput {
  /** Who asks. */
  access: Access;
  /** The short answer, or one of several claims. */
  text: string;
  citation: Citation;
  /** `null`: there is no such document any more, or none that the caller may see. */
  source: SourceNow | null;
  /** Fixed texts of the prompt that must not come back in an answer. */
  promptTexts: readonly string[];
}

/**
 * One thing that must be true of an answer before it is shown. A check knows what the generator wrote and trusts nothing
 * of it: the same input gives the same verdict, so that a decision can be replayed.
 */
export interface AnswerCheck {
  /** Stable; in traces and in `answerStatus.check`. */
  readonly name: string;
  /** Why it fails, for the trace; `null` when it passes. */
  fault(input: CheckInput): string | null;
}

export interface CheckVerdict {
  check: string;
  fault: string | null;
}
