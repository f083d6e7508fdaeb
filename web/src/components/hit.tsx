import type { PassageResult } from '../api-types.js';
import type { Texts } from '../texts.js';
import { Marked } from './marked.js';
import { SourceAddress, SourceLink } from './source-link.js';

export function Hit({ hit, cited, texts }: { hit: PassageResult; cited: boolean; texts: Texts }) {
  return (
    <article>
      <p class="origin">
        <SourceAddress address={hit.url} />
        {cited && <span class="cited">{texts.answerSource}</span>}
      </p>
      <h3>
        <SourceLink title={hit.title || texts.untitled} address={hit.url} />
      </h3>
      <p class="snippet" dir="auto">
        <Marked text={hit.snippet} spans={hit.highlights} />
      </p>
      {hit.nearDuplicates !== undefined && <p class="copies">{texts.nearDuplicates(hit.nearDuplicates)}</p>}
    </article>
  );
}
