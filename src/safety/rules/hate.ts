import { OPENING, type Rule, says } from './wants-to.js';

const GROUPS =
  '(?:immigrants|migrants|refugees|foreigners|jews|jewish people|muslims|christians|hindus|black people|blacks|' +
  'white people|asians|arabs|mexicans|gypsies|roma|africans|indians|chinese people|women|gays|gay people|homosexuals|' +
  'lesbians|trans people|transgender people|disabled people)';
const WRITE = 'write|make|create|generate|give me|tell me|compose|produce';
const HATEFUL = 'racist|sexist|anti-?semitic|homophobic|islamophobic|xenophobic|nazi';

/** Asks for hate to be written or confirmed. Questions about hatred, its history and its victims are none of these. */
export const hate: readonly Rule[] = [
  says(
    `${OPENING}(?:${WRITE})\\b[^?]{0,50}\\b(?:hate|hates|hateful|${HATEFUL}|insults?|slurs?|mocks?|propaganda)\\b[^?]{0,40}\\b${GROUPS}\\b`,
  ),
  says(
    `${OPENING}(?:${WRITE})\\b[^?]{0,20}\\b(?:${HATEFUL})\\b[^?]{0,10}\\b(?:jokes?|speech|songs?|posts?|memes?|slogans?|poems?|slurs?|propaganda|tweets?)\\b`,
  ),
  says(
    `^why (?:are|do) (?:all )?${GROUPS} (?:all |so |always )*(?:evil|stupid|dumb|inferior|dirty|criminals?|lazy|greedy|disgusting|subhuman|parasites?|vermin|bad people|smell)`,
  ),
  says(`${GROUPS} (?:should|must|deserve to) (?:all )?(?:die\\b|be (?:killed|exterminated|eliminated|gassed|shot))`),
  says(
    `${OPENING}(?:how (?:do|can|could) (?:i|we)|how to) (?:convince|persuade|make|prove|show)\\b[^?]{0,30}\\b(?:hate ${GROUPS}|${GROUPS} are (?:inferior|evil|stupid|criminals|subhuman))`,
  ),
];
