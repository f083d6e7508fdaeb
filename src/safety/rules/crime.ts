import { OPENING, type Rule, says, wantsTo } from './wants-to.js';

const DRUGS =
  'meth|methamphetamines?|crack|crack cocaine|cocaine|heroin|fentanyl|mdma|lsd|ghb|pcp|date rape drugs?|roofies|' +
  'illegal drugs?';
const HOME = '(?:house|home|car|flat|apartment|safe|locker|shop|office)';
/** Locked out of one's own is no crime. */
const FOREIGN_HOME = `(?:(?:[\\w-]+'s?|someone else's|locked) )?${HOME}(?<!\\bmy (?:own )?${HOME})|houses|homes|cars|atms?`;
/** Somebody's; one's own is lost, not hacked. */
const ACCOUNT =
  "(?:[\\w-]+'s|[\\w-]+s'|(?<!\\bmy (?:own )?)(?:bank|facebook|instagram|snapchat|gmail|whatsapp)) (?:[\\w-]+ )?" +
  '(?:accounts?|phones?|e-?mails?|computers?|laptop|passwords?|wi-?fi|instagram|facebook|snapchat|icloud|webcam|messages)' +
  '(?! (?:recovery|settings))';
const MALWARE = 'ransomware|malware|computer virus(?:es)?|keyloggers?|phishing (?:site|page|e-?mail)s?';
const PAPERS = 'money|banknotes?|bills|dollars|passports?|signatures?|prescriptions?|ids?|cheques?|driving licen[cs]e';

export const crime: readonly Rule[] = [
  wantsTo('make|cook|synthesize|synthesise|produce|manufacture|smuggle|sell|deal|buy|brew', DRUGS),
  wantsTo('break into|burgle|burglarize', FOREIGN_HOME),
  wantsTo('rob', `banks?|shops?|stores?|${FOREIGN_HOME}`),
  wantsTo('hack|hack into|break into|get into|log into|crack', ACCOUNT),
  wantsTo('steal', 'bike|bicycle|identity|identities|credit cards?|passwords?|money|(?<!power )cars?|from [\\w ]+'),
  wantsTo('forge|counterfeit|fake', PAPERS),
  wantsTo('make|get|buy|print', `(?<=(?:fake|counterfeit) )(?:${PAPERS})`),
  wantsTo('write|make|create|spread', MALWARE),
  wantsTo('launder', 'money'),
  wantsTo('evade', 'tax|taxes|arrest'),
  wantsTo('clone|skim|use', '(?:credit cards?|debit cards?)(?<=(?:clone|skim|stolen)\\b.*)'),
  wantsTo(
    'commit',
    'fraud|(?:tax|insurance|credit card) fraud|arson|identity theft|(?:perfect )?crime|burglary|robbery',
  ),
  wantsTo('ddos', '[\\w.-]+'),
  says(`${OPENING}how (?:(?:do|can|could|would) (?:i|we|you)|to) shoplift`),
];
