import { describe, expect, test } from 'vitest';
import { AnswerConstraint, type AnswerVocabulary } from '../../src/generator/answer-constraint.js';
import { fromByteLevel, toByteLevel } from '../../src/generator/byte-level.js';

// The position in the list is the id.
const words = [
  ...Array.from('0123456789'),
  'Ġ[',
  ']',
  'Ġun',
  'answer',
  'able',
  'ĠLevi',
  "'s",
  'ĠStadium',
  'ĠStad',
  'ium',
  'Ċ',
  'Ġ',
  'Ġclaimed',
  ...toByteLevel('é'),
];
const id = (word: string) => words.indexOf(word);
const ids = (...wanted: string[]) => wanted.map(id);
const special = words.length;
const vocabulary: AnswerVocabulary = {
  tokens: [...words, null],
  openId: id('Ġ['),
  closeId: id(']'),
  digitIds: ids(...'0123456789'),
  declineIds: ids('Ġun', 'answer', 'able'),
};

interface Options {
  verbatim?: boolean;
  maxAnswerTokens?: number;
  sentences?: string[];
  mayDecline?: boolean;
}

function constraint(options: Options = {}) {
  const { verbatim = false, maxAnswerTokens = 8, mayDecline = true } = options;
  const { sentences = ["It was at Levi's Stadium.", 'He won.'] } = options;
  return new AnswerConstraint(vocabulary, sentences, { verbatim, maxAnswerTokens, mayDecline });
}

/** Pushes each token, after checking that it is allowed. */
function write(answer: AnswerConstraint, ...tokens: string[]) {
  for (const token of tokens) {
    expect(answer.allows(id(token)), token).toBe(true);
    answer.push(id(token));
  }
  return answer;
}

const allowed = (answer: AnswerConstraint) => words.filter((_, index) => answer.allows(index));

describe('an answer', () => {
  test('neither begins nor ends inside a character', () => {
    const [first, second] = [...toByteLevel('é')];
    const sentences = ['Pelé é.'];
    expect(allowed(constraint({ sentences }))).not.toContain(second);
    const answer = constraint({ sentences, maxAnswerTokens: 2 });
    answer.push(id('Ġ'));
    expect(allowed(answer)).toContain(first);
    expect(allowed(answer)).not.toContain(second);
    answer.push(id(first!));
    expect(answer.forced).toBeNull(); // full, but for the rest of the character
    answer.push(id(second!));
    expect(answer.forced).toBe(id('Ġ['));
  });

  test('is insisted on where declining is not allowed', () => {
    expect(allowed(constraint({ verbatim: true }))).toContain('Ġun');
    expect(allowed(constraint({ verbatim: true, mayDecline: false }))).not.toContain('Ġun');
    // A passage may hold the very words of the decline: then they are an answer, with a pointer.
    const sentences = ['It is unanswerable.'];
    const answer = write(constraint({ verbatim: true, mayDecline: false, sentences }), 'Ġun', 'answer', 'able');
    expect(answer.isDone).toBe(false);
    expect(write(answer, 'Ġ[', '1', ']').result).toEqual({ text: 'unanswerable', sentenceNumber: 1, declined: false });
  });

  test('points at a sentence that holds it, and nowhere else', () => {
    const answer = write(constraint(), 'ĠLevi', "'s", 'ĠStadium', 'Ġ[');
    expect(allowed(answer)).toEqual(['1']);
    expect(answer.forced).toBe(id('1'));
    write(answer, '1', ']');
    expect(answer.isDone).toBe(true);
    expect(answer.result).toEqual({ text: "Levi's Stadium", sentenceNumber: 1, declined: false });
  });

  test('points at any sentence when none holds it', () => {
    expect(allowed(write(constraint(), 'Ġclaimed', 'Ġ['))).toEqual(['1', '2']);
  });

  test('never points at a sentence that does not exist, with two digits either', () => {
    const answer = write(constraint({ sentences: Array.from({ length: 12 }, () => 'No.') }), 'Ġclaimed', 'Ġ[');
    expect(allowed(answer)).toEqual([...'123456789']);
    expect(allowed(write(answer, '1'))).toEqual(['0', '1', '2', ']']);
    expect(allowed(write(answer, '2'))).toEqual([']']);
  });

  test('begins with a blank, is not empty, holds no line feed and no special token', () => {
    expect(allowed(constraint())).toEqual(['Ġun', 'ĠLevi', 'ĠStadium', 'ĠStad', 'Ġ', 'Ġclaimed']);
    const answer = write(constraint(), 'ĠLevi');
    expect([id('Ċ'), special].map((token) => answer.allows(token))).toEqual([false, false]);
    expect(write(constraint(), 'Ġ').allows(id('Ġ['))).toBe(false);
  });

  test('does not end in the middle of a character', () => {
    const [first = '', second = ''] = toByteLevel('é');
    const answer = write(constraint(), 'ĠLevi', first);
    expect(answer.allows(id('Ġ['))).toBe(false);
    expect(write(answer, second).allows(id('Ġ['))).toBe(true);
  });

  test('ends when it is long enough', () => {
    const answer = write(constraint({ maxAnswerTokens: 2 }), 'ĠLevi', "'s");
    expect(answer.forced).toBe(id('Ġ['));
    expect(allowed(answer)).toEqual(['Ġ[']);
  });
});

describe('a decline', () => {
  test('is complete with its last token', () => {
    const answer = write(constraint({ verbatim: true }), 'Ġun', 'answer', 'able');
    expect(answer.isDone).toBe(true);
    expect(answer.result).toEqual({ text: '', sentenceNumber: null, declined: true });
  });
});

describe('a verbatim answer', () => {
  test('goes on only as the passage does', () => {
    const answer = write(constraint({ verbatim: true }), 'ĠLevi');
    expect(allowed(answer)).toEqual(['Ġ[', "'s"]);
    expect(allowed(write(answer, "'s"))).toEqual(['Ġ[', 'ĠStadium', 'ĠStad', 'Ġ']);
  });

  test('ends at the end of a word only', () => {
    const answer = write(constraint({ verbatim: true }), 'ĠStad');
    expect(answer.allows(id('Ġ['))).toBe(false);
    expect(write(answer, 'ium').allows(id('Ġ['))).toBe(true);
  });

  test('begins at the start of a word only', () => {
    expect(constraint({ verbatim: true, sentences: ['A unStadium.'] }).allows(id('ĠStadium'))).toBe(false);
  });
});

test.each(['Zürich', '北京', '🙂 a\nb', ''])('bytes to letters and back: %s', (text) => {
  expect(fromByteLevel(toByteLevel(text))).toBe(text);
});
