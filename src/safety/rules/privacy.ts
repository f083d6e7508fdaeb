import { OPENING, type Rule, says } from './wants-to.js';

const KIN =
  '(?:my|this|that) (?:[\\w-]+ )?(?:ex|ex-?(?:wife|husband|girlfriend|boyfriend|partner)|wife|husband|girlfriend|' +
  'boyfriend|partner|neighbou?r|boss|colleague|co-?worker|classmate|teacher|crush|stalker|roommate|flatmate|tenant|' +
  'landlord|girl|woman|man|guy|person)';
const PERSON = `(?:${KIN}|someone|somebody|him|her|a (?:private person|stranger))`;
const ADDRESS =
  '(?:(?:home|private|personal|cell|mobile|real|current|work) ?)*(?:address(?:es)?|phone number|telephone number|phone|' +
  'number|e-?mail(?: address)?|location|whereabouts)';
const SECRET =
  'social security number|ssn|passwords?|medical records?|bank (?:details|account)|credit card(?: number)?s?|' +
  'search history|private messages|texts';
const SEEK = "find|find out|get|look up|give me|tell me|show me|track|locate|search for|what(?:'s| is)|discover";
const BOTH = `(?:${ADDRESS}|${SECRET})(?: and (?:the )?(?:${ADDRESS}|${SECRET}))?`;

/** Where a private person lives and what they keep to themselves; public places and offices have addresses too. */
export const privacy: readonly Rule[] = [
  says(`\\b(?:${SEEK})\\b[^.?!]{0,20}?\\b(?:the |an? )?${BOTH} (?:of|for|from) ${PERSON}(?![\\w'-])`),
  says(`\\b(?:${SEEK})\\b[^.?!]{0,12}?\\b${PERSON}'s ${BOTH}(?![\\w-])`),
  says(
    /\b(?:find|find out|get|look up|give me)\b[^.?!]{0,12}?\b(?:home|private) (?:address|phone number) (?:of|for) (?!(?:the|a|an)\b)\w/,
  ),
  says(`\\bwhere (?:does|do|is) ${KIN} (?:live|work|right now|now)\\b`),
  says(
    `${OPENING}(?:how (?:do|can|could|would) (?:i|you)|how to|help me|i want to) (?:secretly |remotely )?(?:spy on|stalk|dox|doxx|track|bug|read the (?:messages|texts|e-?mails) of) (?:${PERSON}|people)(?!'s (?:package|progress|order))(?![\\w-])`,
  ),
];
