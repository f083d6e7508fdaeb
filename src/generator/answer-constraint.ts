import { byteOf, fromByteLevel, toByteLevel } from './byte-level.js';
import { supportingSentences } from './supporting-sentences.js';

/** The tokens that the form of an answer is made of. */
export interface AnswerVocabulary {
  /** Every token as a byte-level vocabulary writes it, by id; `null` for special tokens, which an answer never holds. */
  tokens: readonly (string | null)[];
  /** ` [`, with its blank. */
  openId: number;
  closeId: number;
  /** Ids of the digits 0 to 9. */
  digitIds: readonly number[];
  /** The whole decline, without the end token. */
  declineIds: readonly number[];
}

export interface AnswerConstraintOptions {
  /** Then the pointer must follow. */
  maxAnswerTokens: number;
  /** The answer must stand in the passage word for word. */
  verbatim: boolean;
  /** Whether declining is allowed. @default true */
  mayDecline?: boolean;
}

export interface ConstrainedAnswer {
  /** Empty when declined. */
  text: string;
  /** `null` exactly when declined. */
  sentenceNumber: number | null;
  declined: boolean;
}

/**
 * What may be written next: a decline, or an answer followed by the number of a sentence that exists, in brackets. It
 * follows one answer token by token and knows nothing of probabilities.
 */
export class AnswerConstraint {
  readonly #vocabulary: AnswerVocabulary;
  readonly #sentences: readonly string[];
  readonly #options: AnswerConstraintOptions;
  /** The passage in the alphabet of the tokens; empty when answers need not be verbatim. */
  readonly #passage: string;
  readonly #ids: number[] = [];
  /** The answer so far in the same alphabet, without its leading blank. */
  #answer = '';
  /** Where in the passage the answer so far stands. */
  #places: number[] | null = null;
  #state: 'answer' | 'number' | 'done' = 'answer';
  #allowedNumbers: string[] = [];
  #number = '';
  #declined = false;

  /** @param sentences As the prompt shows them, at least one. */
  constructor(vocabulary: AnswerVocabulary, sentences: readonly string[], options: AnswerConstraintOptions) {
    this.#vocabulary = vocabulary;
    this.#sentences = sentences;
    this.#options = options;
    this.#passage = options.verbatim ? toByteLevel(sentences.join(' ')) : '';
  }

  get isDone(): boolean {
    return this.#state === 'done';
  }

  /** @throws when the answer is not complete. */
  get result(): ConstrainedAnswer {
    if (!this.isDone) throw new Error('the answer is not complete');
    if (this.#declined) return { text: '', sentenceNumber: null, declined: true };
    return { text: this.#text(), sentenceNumber: Number(this.#number), declined: false };
  }

  /** May this token come next? */
  allows(id: number): boolean {
    if (this.#state === 'answer') return this.#allowsInAnswer(id);
    return this.#state === 'number' && this.#numberChoices().includes(id);
  }

  /** The only token that may come next, or `null` when there is a choice or nothing left to write. */
  get forced(): number | null {
    if (this.#state === 'answer') return this.#isAnswerFull() ? this.#vocabulary.openId : null;
    const [first, second] = this.#state === 'number' ? this.#numberChoices() : [];
    return first !== undefined && second === undefined ? first : null;
  }

  /** Goes on by one token that `allows` accepts. */
  push(id: number): void {
    const { openId, closeId, digitIds, declineIds } = this.#vocabulary;
    this.#ids.push(id);
    if (this.#state === 'number') {
      if (id === closeId) this.#state = 'done';
      else this.#number += String(digitIds.indexOf(id));
    } else if (id === openId && this.#answer !== '') {
      this.#state = 'number';
      this.#allowedNumbers = supportingSentences(this.#text(), this.#sentences).map(String);
    } else {
      this.#extendAnswer(id);
      this.#declined = this.#mayDecline && this.#ids.length === declineIds.length && this.#isPartOfDecline();
      if (this.#declined) this.#state = 'done';
    }
  }

  #allowsInAnswer(id: number): boolean {
    const { tokens, openId, declineIds } = this.#vocabulary;
    if (this.#isAnswerFull()) return id === openId;
    if (this.#mayDecline && id === declineIds[this.#ids.length] && this.#isPartOfDecline()) return true;
    if (id === openId) return this.#answer !== '' && this.#mayEndHere();
    const token = tokens[id];
    if (!token || token.includes('Ċ')) return false;
    // Every answer in training begins with a blank.
    if (this.#ids.length === 0 && !token.startsWith('Ġ')) return false;
    if (this.#answer === '' && this.#ids.length > 0 && token.startsWith('Ġ')) return false;
    if (this.#answer === '' && isInsideCharacter(token.replace(/^Ġ/, ''))) return false;
    return !this.#options.verbatim || this.#placesWith(token).length > 0;
  }

  #isAnswerFull(): boolean {
    const left = this.#options.maxAnswerTokens - this.#ids.length;
    if (left > 0 || this.#answer === '') return false;
    return left <= -MAX_CHARACTER_REST || !this.#text().includes('\uFFFD');
  }

  get #mayDecline(): boolean {
    return this.#options.mayDecline ?? true;
  }

  #isPartOfDecline(): boolean {
    return this.#ids.every((id, index) => id === this.#vocabulary.declineIds[index]);
  }

  #extendAnswer(id: number): void {
    const token = this.#vocabulary.tokens[id] ?? '';
    if (this.#options.verbatim) this.#places = this.#placesWith(token);
    this.#answer = joined(this.#answer, token);
  }

  /** Where the answer would stand in the passage with one token more. */
  #placesWith(token: string): number[] {
    const answer = joined(this.#answer, token);
    if (answer === '') return [0]; // Only the leading blank: nowhere yet, and anywhere.
    if (this.#places !== null && this.#answer !== '') {
      return this.#places.filter((place) => this.#passage.startsWith(answer, place));
    }
    const places: number[] = [];
    for (let at = this.#passage.indexOf(answer); at >= 0; at = this.#passage.indexOf(answer, at + 1)) {
      if (!(isWordByte(this.#passage[at - 1]) && isWordByte(answer[0]))) places.push(at);
    }
    return places;
  }

  #mayEndHere(): boolean {
    // Neither behind a blank nor in the middle of a character.
    if (this.#answer.endsWith('Ġ') || this.#text().includes('\uFFFD')) return false;
    if (!this.#options.verbatim || !isWordByte(this.#answer.at(-1))) return true;
    return this.#places?.some((place) => !isWordByte(this.#passage[place + this.#answer.length])) ?? false;
  }

  #numberChoices(): number[] {
    const { closeId, digitIds } = this.#vocabulary;
    const rest = this.#allowedNumbers
      .filter((number) => number.startsWith(this.#number))
      .map((number) => number[this.#number.length]);
    return [...new Set(rest)].map((digit) => (digit === undefined ? closeId : (digitIds[Number(digit)] ?? closeId)));
  }

  #text(): string {
    return fromByteLevel(this.#answer).trim();
  }
}

/** Bytes that a character may have behind its first one: so many tokens more may an answer take to end with it. */
const MAX_CHARACTER_REST = 3;

/** The text begins with a byte that continues a character. */
const isInsideCharacter = (text: string) => text !== '' && (byteOf(text) & 0xc0) === 0x80;

const isWordByte = (character: string | undefined) => character !== undefined && /[A-Za-z0-9]/.test(character);

const joined = (answer: string, token: string) => (answer === '' ? token.replace(/^Ġ/, '') : answer + token);
