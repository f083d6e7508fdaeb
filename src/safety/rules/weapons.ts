import { OPENING, type Rule, says, wantsTo } from './wants-to.js';

const EXPLOSIVES =
  '(?<!(?:bath|photo|seed|glitter|cherry|yarn)[ -]?)bombs?(?! (?:shelter|disposal|cyclone|calorimeter|detector|squad))|' +
  'molotovs?|molotov cocktails?|ieds?|explosives?|explosive (?:device|vest|belt)s?|grenades?|detonators?|napalm|' +
  'thermite|landmines?|tatp|nitroglycerine?';
const AGENTS =
  'sarin|nerve (?:gas|agent)s?|mustard gas|poison gas|toxic gas|chlorine gas|ricin|anthrax|botulinum(?: toxin)?|' +
  'novichok|(?:chemical|biological|nuclear) weapons?|bioweapons?|weapons?-grade (?:uranium|plutonium)|smallpox';
const FIREARMS =
  'ghost guns?|(?:3d[ -]printed )?(?:guns?|pistols?|firearms?|rifles?)(?! (?:rack|cabinet|case|holster|safe))|' +
  'silencers?|zip guns?';

export const weapons: readonly Rule[] = [
  wantsTo('make|build|construct|create|assemble|craft|prepare|produce|mix|plant|set off|detonate|smuggle', EXPLOSIVES),
  wantsTo('make|build|create|produce|synthesize|synthesise|culture|weaponize|extract|obtain|get|buy|release', AGENTS),
  wantsTo('make|build|print|3d print|assemble|smuggle|convert', FIREARMS),
  says(
    `${OPENING}(?:recipe|instructions|blueprints?|step[ -]by[ -]step|plans|formula) (?:for|to) (?:a |an |the )?(?:homemade |pipe |nail )?(?:${EXPLOSIVES}|${AGENTS})`,
  ),
  says(
    `${OPENING}(?:where|how) (?:can|do|could|to) (?:i )?(?:buy|get|find) (?:a |an |some )?(?:illegal|untraceable|unregistered|stolen) (?:guns?|pistols?|weapons?|firearms?|explosives?)`,
  ),
];
