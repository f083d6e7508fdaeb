import { OPENING, type Rule, says, wantsTo } from './wants-to.js';

const PERSON =
  'someone|somebody|anyone|everyone|people|a person|another person|persons?|humans?|man|woman|boy|girl|child|children|kids?|' +
  'baby|infant|stranger|him|her|them|wife|husband|boyfriend|girlfriend|ex|ex-(?:wife|husband|girlfriend|boyfriend)|partner|' +
  'spouse|mother|father|mom|mum|dad|parents|brother|sister|son|daughter|neighbou?rs?|boss|colleagues?|co-?workers?|' +
  'teachers?|classmates?|roommate|flatmate|friend|enemy|rival|landlord|president|politicians?|immigrants|jews|muslims';
/** A person, not something of theirs: "hurt people's feelings". */
const WHOLE_PERSON = `(?:${PERSON})(?!'s)`;
const PLACE = '(?:school|church|mosque|synagogue|building|plane|airport|train|house|office|mall|hospital)';
const ATTACK = '(?:massacre|mass shooting|school shooting|terror(?:ist)? attack|bombing)';

export const violence: readonly Rule[] = [
  wantsTo(
    'kill|murder|poison|strangle|stab|torture|kidnap|abduct|assassinate|suffocate|smother|beat up|injure|behead',
    WHOLE_PERSON,
  ),
  wantsTo('hurt|attack|drug', `(?!people)(?:${WHOLE_PERSON})`),
  wantsTo('shoot up|bomb|blow up|burn down|set fire to', PLACE),
  wantsTo('carry out|commit|plan', ATTACK),
  wantsTo('hire|find', 'hitman|hit man|contract killer|assassin to [\\w ]+'),
  wantsTo('dispose of|get rid of|hide', 'dead body|corpse|human body'),
  says(`${OPENING}how (?:do|can|could|would) (?:i|we) get away with (?:a |the )?(?:murder|killing)`),
  says(`${OPENING}where (?:can|do|could) i (?:hire|find|get) (?:a |an )?(?:hitman|hit man|contract killer|assassin)`),
];
