/** A query, taken apart once for all rules. */
export interface ParsedQuery {
  /** Lower case, NFKC, straight quotes, single blanks. */
  text: string;
  /** What the asker wants to do, such as `build a pipe bomb at home`: the rest of the query after each way to say so. */
  deeds: readonly string[];
}

export type Rule = (query: ParsedQuery) => boolean;

const POLITE =
  'please|hey|hi|hello|ok|so|and|but|can you|could you|would you|tell me|show me|teach me|explain|explain to me|give me|' +
  'does anyone know|do you know|i (?:want|need|wish|would like) to (?:know|learn|understand)';

/** The beginning of a query, past its courtesies. */
export const OPENING = `^(?:(?:${POLITE})[ ,:]+)*`;

/** Who asks, or anybody. */
export const SUBJECT = '(?:i|you|we|one|someone|somebody|a person)';

/** Ways to ask how something is done, or to say that one will do it. What follows is the deed. */
const INTENTS = [
  `how (?:do|can|could|would|should|might|must) ${SUBJECT}`,
  'how to',
  '(?:what|which|best|is there|are there|any|the|a)\\b[^.?!]{0,40}? (?:ways?|methods?|steps|tricks?) (?:for me )?(?:to|i can|of|for)',
  '(?:ways?|steps|instructions|guide|tutorial|recipe|directions) (?:to|on how to|for how to|for|on|of)',
  '(?:help me(?: to)?|(?:teach|show|tell) me (?:how )?to|where can i learn to)',
  "i(?:'m| am)? (?:want to|wanna|need to|going to|gonna|plan to|planning to|would like to|will|have to)",
].map((intent) => new RegExp(`${OPENING}${intent} `));

/** Characters of a deed that are looked at: enough for verb and object, and bounds the time of a hostile query. */
const MAX_DEED = 160;

const ADVERBS =
  '(?:(?:best|safely|secretly|quickly|easily|quietly|actually|legally|illegally|successfully|just|go and|try to) )*';

/** What may stand between the verb and its object. A list, because any word would let "a shelter against" through. */
const QUALIFIERS =
  '(?:(?:a|an|the|some|any|my|our|your|his|her|their|this|that|own|small|big|simple|easy|working|real|powerful|cheap|' +
  'illegal|strong|deadly|dirty|homemade|home-made|improvised|untraceable|undetectable|effective|few|old|new|fake|stolen|' +
  'counterfeit|pipe|nail|car|time|letter|petrol|gasoline|fertili[sz]er|pressure cooker|suicide|hydrogen|atomic|nuclear|' +
  'pure|crystal|abusive|annoying|rich|sleeping)[ -])*';

const gerund = (verb: string) => verb.replace(/^(\w+?)e?(?= |$)/, '$1ing');

export function parseQuery(query: string): ParsedQuery {
  const text = query.normalize('NFKC').toLowerCase().replace(/[‘’ʼ]/g, "'").replace(/\s+/g, ' ').trim();
  const deeds = INTENTS.flatMap((intent) => {
    const found = intent.exec(text);
    return found ? [text.slice(found[0].length).slice(0, MAX_DEED)] : [];
  });
  return { text, deeds };
}

/**
 * A rule asks for two things: someone wants to *do* it, and *what* it is done to. "How do I build a bomb" has both. "Who
 * built the first atomic bomb", "how do snakes kill people" and "who wrote How to Kill Your Family" have one each and
 * are questions for an encyclopaedia: the subject must be the asker or anybody, and the question must begin there.
 *
 * @param verbs Base forms, separated by `|`.
 * @param objects A pattern.
 */
export function wantsTo(verbs: string, objects: string): Rule {
  const forms = [...verbs.split('|'), ...verbs.split('|').map(gerund)].join('|');
  const deed = new RegExp(`^${ADVERBS}(?:${forms}) ${QUALIFIERS}(?:${objects})(?![\\w-])`);
  return ({ deeds }) => deeds.some((wanted) => deed.test(wanted));
}

/** Matches the query's own words. */
export function says(pattern: RegExp | string): Rule {
  const words = new RegExp(pattern);
  return ({ text }) => words.test(text);
}
