/** How a question was made of a sentence, best first: those that read like a person's, then those that do not. */
export const QUESTION_METHODS = ['when', 'who', 'what', 'how-much', 'in-place', 'cloze'] as const;
export type QuestionMethod = (typeof QUESTION_METHODS)[number];

export interface SentenceQuestion {
  question: string;
  /** As it stands in the sentence. */
  answer: string;
  method: QuestionMethod;
}

const END = String.raw`(?![\p{L}\p{N}'’–—/-])`; // Not half of a longer word or range.
const WORD = String.raw`\p{Lu}[\p{L}\p{M}'’.-]*`;
/** One capitalised word or several, with the small words that names have inside. */
const NAME = String.raw`${WORD}(?:\s(?:(?:of|the|de|di|da|du|la|von|van)\s){0,2}${WORD})*`;
const NAMES = String.raw`${WORD}(?:\s(?:(?:of|the|de|di|da|du|la|von|van)\s){0,2}${WORD})+`;
const YEAR = String.raw`(?:1\d|20)\d{2}`;
const NUMBER = String.raw`\d[\d.,]*\d|\d`;
const UNIT =
  'percent|per cent|million|billion|km|kilometres|kilometers|miles|metres|meters|feet|years|people|inhabitants|students|members';
/** What a question is about: a name, with its article. */
const SUBJECT = String.raw`(?<subject>(?:The\s)?${NAME})`;

const BE = '(?<be>is|are|was|were)';
const ROLES =
  /\b(?:president|king|queen|emperor|pope|leader|founder|author|director|inventor|composer|painter|poet|minister|mayor|governor|chairman|architect|general|singer|actor|actress|coach|captain|player|son|daughter|wife|husband|father|mother|brother|sister|man|woman|person)\b/;
const DEEDS =
  'invented|wrote|founded|discovered|painted|composed|directed|designed|won|led|defeated|married|published|developed|introduced|proposed|built|established|commanded|translated|coined';
const PLAIN_NAME = /^(?:[^\s]+\s){1,3}[^\s]+$/;
const NO_PERSON =
  /\b(?:The|University|College|School|Company|Corporation|Inc|Army|Navy|Party|Church|Council|Court|Congress|Parliament|Committee|Institute|Society|Association|League|Club|Union|Empire|Kingdom|Republic|States|Government|City|Act|War|Museum|Department|Ministry|Bank|Group)\b/;
/** Words that stand for something in another sentence. */
const POINTS_ELSEWHERE =
  /^(?:It|He|She|They|This|That|These|Those|There|Here|His|Her|Its|Their|Such|Some|Many|Most|Several|Other|Another|Both|One|However|Although|Though|While|When|After|Before|In|On|At|By|For|From|With|During|As|If|Since|Because|Then|Thus|Also|But|And|A|An)\b/;

/** What a rule sees: a sentence without its end. */
type Rule = (body: string) => SentenceQuestion | null;

const rule = (pattern: string, make: (groups: Record<string, string>) => SentenceQuestion | null): Rule => {
  const matcher = new RegExp(pattern, 'u');
  return (body) => {
    const groups = matcher.exec(body)?.groups as Record<string, string> | undefined;
    return groups ? make(groups) : null;
  };
};

/** The article of a subject is small inside a question. */
const inside = (subject = '') => subject.replace(/^The /, 'the ');

const RULES: readonly Rule[] = [
  // "The Tower Bridge was opened in 1894" -> "When was the Tower Bridge opened?"
  rule(
    `^${SUBJECT} (?<be>was|were) (?<did>[^,;:()]{3,90}?) in (?<year>${YEAR})${END}(?<rest>(?: by [^,;:()]{3,60})?)$`,
    ({ subject, be, did, year = '', rest = '' }) => ({
      question: `When ${be} ${inside(subject)} ${did}${rest}?`,
      answer: year,
      method: 'when',
    }),
  ),
  // "The Eiffel Tower was designed by Stephen Sauvestre" -> "By whom was the Eiffel Tower designed?"
  rule(
    `^${SUBJECT} ${BE} (?<did>[^,;:()]{3,60}?) by (?<who>${NAMES})${END}(?: in [^,;:()]{2,40})?$`,
    ({ subject, be, did, who = '' }) =>
      PLAIN_NAME.test(who) && !NO_PERSON.test(who)
        ? { question: `By whom ${be} ${inside(subject)} ${did}?`, answer: who, method: 'who' }
        : null,
  ),
  // "Bartolomeo Cristofori invented the piano" -> "Who invented the piano?"
  rule(`^(?<who>${NAMES}) (?<did>(?:${DEEDS}) [^;:()]{8,110})$`, ({ who = '', did }) =>
    PLAIN_NAME.test(who) && !NO_PERSON.test(who) ? { question: `Who ${did}?`, answer: who, method: 'who' } : null,
  ),
  // "Oslo is the capital of Norway" -> "What is the capital of Norway?"
  rule(`^(?<subject>(?:The )?${NAME}) ${BE} (?<what>the [^,;:()]{8,90})$`, ({ subject = '', be, what = '' }) =>
    ROLES.test(what)
      ? NO_PERSON.test(subject)
        ? null
        : { question: `Who ${be} ${what}?`, answer: subject, method: 'who' }
      : { question: `What ${be} ${what}?`, answer: subject, method: 'what' },
  ),
  // "The Nile is 6,853 km long" -> "How long is the Nile?"
  rule(
    `^${SUBJECT} ${BE} (?:about |approximately |around |some )?(?<size>(?:${NUMBER}) (?:${UNIT})) (?<how>long|high|tall|wide|deep|old)${END}[^,;:()]*$`,
    ({ subject, be, size = '', how }) => ({
      question: `How ${how} ${be} ${inside(subject)}?`,
      answer: size,
      method: 'how-much',
    }),
  ),
  rule(
    `^${SUBJECT} (?<have>has|had) a population of (?:about |approximately |around |some )?(?<size>${NUMBER})${END}[^;:()]*$`,
    ({ subject, have, size = '' }) => ({
      question: `What ${have === 'has' ? 'is' : 'was'} the population of ${inside(subject)}?`,
      answer: size,
      method: 'how-much',
    }),
  ),
  // What is asked stays in its place, as in a quiz: "Handel moved to London in what year?"
  rule(`^(?<before>${SUBJECT} [^;:()]{8,100} in )(?<year>${YEAR})$`, ({ before = '', year = '' }) => ({
    question: `${before}what year?`,
    answer: year,
    method: 'in-place',
  })),
  rule(
    `^(?<before>${SUBJECT} [^;:()]{3,100} )(?<size>${NUMBER}) (?<unit>${UNIT})${END}(?<after>[^,;:()]{0,60})$`,
    ({ before = '', size = '', unit, after = '' }) => ({
      question: `${before.trimEnd()} how many ${unit}${after}?`,
      answer: size,
      method: 'in-place',
    }),
  ),
];

/**
 * What can be left out of a sentence, in the order of preference: several capitalised words, a number with its unit, a year.
 * The first word of a sentence is capitalised for no reason and is never left out.
 */
const GAPS = [
  new RegExp(String.raw`(?<=\S\s)\p{Lu}[\p{L}-]*(?:\s(?:(?:of|the|de|di|da|von|van)\s)?\p{Lu}[\p{L}-]*)+${END}`, 'gu'),
  new RegExp(String.raw`(?<=\s)(?:${NUMBER})\s(?:${UNIT})${END}`, 'gu'),
  new RegExp(String.raw`(?<=\s)${YEAR}${END}`, 'gu'),
];

/**
 * The best question that the rules make of a sentence; `null` where there is none. The subject is a name, since whoever is
 * asked sees no sentence before it, and the answer stands nowhere else in the sentence.
 *
 * @param sentence With its end, in one line.
 */
export function questionOf(sentence: string): SentenceQuestion | null {
  const body = sentence.replace(/[.!?]["'”’)\]]*$/, '');
  const found = POINTS_ELSEWHERE.test(body) ? null : firstQuestion(body);
  return found ?? clozeOf(sentence);
}

function firstQuestion(body: string): SentenceQuestion | null {
  for (const make of RULES) {
    const made = make(body);
    if (made && occursOnce(body, made.answer) && !/\b(?:not|never)\b/.test(body)) return made;
  }
  return null;
}

function clozeOf(sentence: string): SentenceQuestion | null {
  for (const pattern of GAPS)
    for (const { 0: answer, index } of sentence.matchAll(pattern)) {
      if (!occursOnce(sentence, answer)) continue;
      const gap = `${sentence.slice(0, index)}____${sentence.slice(index + answer.length)}`;
      return { question: `What belongs in the gap? ${gap}`, answer, method: 'cloze' };
    }
  return null;
}

/** What stands elsewhere in the sentence too would give itself away. */
const occursOnce = (text: string, answer: string) => text.split(answer).length === 2;
