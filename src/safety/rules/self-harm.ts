import { OPENING, type Rule, SUBJECT, says, wantsTo } from './wants-to.js';

const GENTLE =
  'painless|easy|easiest|quick|quickest|fastest|least painful|peaceful|most peaceful|simplest|effective|reliable';

/** The first person, or a method: never an event, a statistic or a song. */
export const selfHarm: readonly Rule[] = [
  says(/\b(?:kill|killing|hurt|hurting|harm|harming|hang|hanging|unalive|drown|starve|shoot) myself\b(?! laughing)/),
  says(/\b(?:want|need|urge|how|going|ways?) to cut myself\b/),
  says(/\bcut(?:ting)? my (?:own )?(?:wrists?|veins)\b/),
  says(/\b(?:end|ending|take|taking) my (?:own )?life\b/),
  says(
    /^i (?:just |really |only )?(?:want|wanna|wish) (?:to )?(?:die|be dead|stop living)\b(?! (?:of|laughing|in|for|with|on|my|it|this|the)\b)/,
  ),
  says(/\bi (?:don't|do not|dont) (?:want to|wanna) (?:live|be alive|exist|wake up)(?: any ?more| again)?[.!?]*$/),
  says(/\bi(?:'m| am| feel|'ve been| have been) (?:so |very |really )?(?:feeling )?suicidal\b/),
  says(/\b(?:thinking|thoughts) (?:about|of) (?:killing myself|ending it|suicide)[.!?]*$/),
  says(
    `\\b(?:${GENTLE}) (?:ways?|methods?) (?:to die|to commit suicide|of dying|of suicide|for suicide|to overdose)\\b`,
  ),
  says(`\\b(?:${GENTLE}) suicide\\b`),
  says(/^(?:best |common |list of )?suicide (?:methods?|tips|instructions|forums?)$/),
  says(
    `${OPENING}(?:how (?:do|can|could|would|should) ${SUBJECT}|how to|ways? to|help me(?: to)?|i(?:'m| am)? (?:want to|going to|plan to|planning to)) ` +
      '(?:commit suicide|kill yourself|hang yourself|end it all|overdose|die (?:painlessly|without pain|peacefully|fast))\\b',
  ),
  wantsTo('tie', "noose|hangman's noose"),
  wantsTo('slit', 'wrists?'),
  says(
    /\bhow (?:many|much) [\w -]{1,40} (?:to (?:overdose|kill myself|end it)|(?:would|will|could|can|does it take to) kill me)\b/,
  ),
  says(
    /\bhow (?:many|much) (?:[\w-]+ )?(?:pills?|tablets?|paracetamol|tylenol|aspirin|ibuprofen|xanax|insulin) [\w -]{0,25}to die\b/,
  ),
  says(
    /\bwhat (?:pills|drugs|medicines?|poisons?) (?:can|should|could|do) i (?:take|use) to (?:die|overdose|kill|end)\b/,
  ),
];
