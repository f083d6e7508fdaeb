import { type Rule, says } from './wants-to.js';

const SEEK =
  'find|watch|download|buy|get|show me|send me|see|share|generate|make|create|looking for|links? to|where to';
const MINOR = 'child|children|kids?|minors?|pre-?teens?|underage|little girls?|little boys?';

export const sexual: readonly Rule[] = [
  says(
    `\\b(?:${SEEK})\\b[^.?!]{0,30}\\b(?:${MINOR})\\b[^.?!]{0,12}\\b(?:porn|pornography|nudes?|erotica|naked|xxx|sex (?:videos?|pics|pictures))\\b`,
  ),
  says(
    `^(?:${SEEK})\\b[^.?!]{0,30}\\b(?:(?:nude|naked|topless) (?:pictures|photos|pics|images)|nudes|deepfake nudes?|sex tapes?)\\b`,
  ),
  says(
    /^(?:free |watch |best |hot |download |hardcore )*(?:porn|xxx|porno|hentai) ?(?:videos?|movies|sites?|pics|pictures|online|free)?$/,
  ),
  says(
    `\\bhow (?:do i|can i|to|could i) (?:groom|seduce|molest|have sex with) (?:a |an |my )?(?:[\\w-]+ )?(?:${MINOR}|pupil|teen|teenager|\\d+[ -]year[ -]old|daughter|son|niece|nephew)\\b`,
  ),
];
