import { abortError } from '../../errors.js';
import { noticeFor } from '../notices.js';
import type { QueryGuard, QueryVerdict, UnsafeCategory } from '../query-guard.js';
import { CHINESE_RULES } from '../rules/chinese.js';
import { crime } from '../rules/crime.js';
import { hate } from '../rules/hate.js';
import { privacy } from '../rules/privacy.js';
import { selfHarm } from '../rules/self-harm.js';
import { sexual } from '../rules/sexual.js';
import { violence } from '../rules/violence.js';
import { parseQuery, type Rule } from '../rules/wants-to.js';
import { weapons } from '../rules/weapons.js';

/** The first that matches names the category; help comes first. */
const RULES: readonly (readonly [UnsafeCategory, readonly Rule[]])[] = [
  ['self-harm', selfHarm],
  ['sexual', sexual],
  ['weapons', weapons],
  ['violence', violence],
  ['crime', crime],
  ['privacy', privacy],
  ['hate', hate],
  ...CHINESE_RULES,
];

/** Nothing is made, killed or stolen there. */
const IN_A_GAME =
  /\b(?:in|on|for) (?:minecraft|terraria|roblox|fortnite|gta|skyrim|the sims|sims 4|valheim|factorio|chess|hitman \d|(?:a|the|this|my) (?:video ?)?game)\b/;

/**
 * Rules for what is plain in the words of an English or Chinese query. They know no paraphrase; a trained guard stands
 * behind them or takes their place.
 */
export function createRuleGuard(): QueryGuard {
  verdictOf('how do i warm up'); // The engine compiles a pattern at its first use, which takes longer than many queries.
  return {
    guardId: 'rules@2',
    async check({ text }, signal) {
      if (signal.aborted) throw abortError(signal);
      return verdictOf(text);
    },
  };
}

function verdictOf(text: string): QueryVerdict {
  const query = parseQuery(text);
  const inGame = IN_A_GAME.test(query.text);
  for (const [category, rules] of RULES) {
    if (inGame && category !== 'self-harm' && category !== 'sexual') continue;
    if (!rules.some((matches) => matches(query))) continue;
    return { action: 'hits-only', category, score: 1, ...noticeFor(category, text) };
  }
  return { action: 'allow' };
}
