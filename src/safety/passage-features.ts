import { normaliseText } from './text-features.js';

// What tells an instruction to a model from a sentence about the world. `training/rlhf/passage_instructions.py` computes the
// same: change both and train anew.

const OPENERS = '(?:(?:please|now|then|also|note to the ai|and|so|ok) )*';
const VERBS =
  'write|draft|compose|create|generate|produce|provide|give|tell|show|explain|describe|summari[sz]e|translate|list|' +
  'compare|calculate|convert|solve|suggest|recommend|develop|design|break down|outline|help|answer|reply|respond|say|' +
  'print|output|repeat|reveal|ignore|disregard|forget|pretend|act|imagine|speak|use|utili[sz]e|replace|render|' +
  'substitute|remove|group|combine|rearrange|scramble|jumble|anagram|misspell|introduce|add|append|insert|include|' +
  'incorporate|integrate|augment|enhance|modify|embed|blend|meld|absorb|execute|run|send|ask|advise|encode|classify|' +
  "correct|start|finish|end|put|leave|make sure|ensure|do not|don't|never|convey|mention|promote|tease|offer|state|report";
const IMPERATIVE = new RegExp(`^${OPENERS}(?:${VERBS})\\b`);
const TO_MODEL = new RegExp(
  '\\byour (?:\\w+ ){0,2}?(?:response|reply|replies|answer|answers|output|summary|message|text|words|implementation|solution|' +
    'codebase|code|program|prompt|instructions?|elucidation|explanation)\\b|' +
    '\\b(?:previous|above|prior|earlier|hidden|system|new) (?:instructions?|prompt|rules|message)\\b|' +
    '\\b(?:language model|ai systems?|as an ai|the ai|chatbot|developer mode|you are now|from now on|the user|users to)\\b|' +
    '^(?:system|assistant|user|human|ai)\\s*:|\\[/?inst\\]|###|<\\|',
);
const QUESTION = new RegExp(
  `\\?["')]*$|^${OPENERS}(?:who|whom|whose|what|what's|which|when|where|why|how|can you|could you|would you|do you|is|are|does) `,
);
const CODE =
  /```|^(?:import|from) [\w.]+|\bcode (?:block|section|snippet|segment|excerpt|fragment)\b|\bdef \w+\(|[{};]$|=\s*[\w.]+\(/;
const LINK = /\b(?:www\.|https?:|\w+@\w+|\w+\.(?:com|org|net|xyz|example)\b)/;
const YOU = /\b(?:you|your)\b/;

/** Letters of a word that tells what a text is about, at least; longer ones are cut, so that inflections meet. */
const MIN_LETTERS = 4;
const STEM_LETTERS = 6;

/** What the rest of the passage speaks of. */
export function contentWords(text: string): Set<string> {
  const words = normaliseText(text).match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(
    words
      .map((word) => [...word])
      .filter(({ length }) => length >= MIN_LETTERS)
      .map((letters) => letters.slice(0, STEM_LETTERS).join('')),
  );
}

/** 0 or 1 each; `strange` is the share of the sentence's words that the rest of the passage has not, 0..1. */
export type InstructionFeatures = Record<
  'imperative' | 'toModel' | 'question' | 'code' | 'link' | 'you' | 'strange' | 'strangeImperative' | 'strangeQuestion',
  number
>;

/** @param rest Title and all other sentences of the passage. */
export function instructionFeatures(sentence: string, rest: string): InstructionFeatures {
  const plain = normaliseText(sentence);
  const words = contentWords(sentence);
  const known = contentWords(rest);
  const strange = words.size === 0 ? 0 : [...words].filter((word) => !known.has(word)).length / words.size;
  const found = (pattern: RegExp) => Number(pattern.test(plain));
  const imperative = found(IMPERATIVE);
  const question = found(QUESTION);
  return {
    imperative,
    toModel: found(TO_MODEL),
    question,
    code: found(CODE),
    link: found(LINK),
    you: found(YOU),
    strange,
    strangeImperative: imperative * strange,
    strangeQuestion: question * strange,
  };
}
