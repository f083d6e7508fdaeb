import type { Answer, Citation, PassageResult } from '../api-types.js';
import { toLevel, toPercent } from '../confidence.js';
import { findQuote, toSegments } from '../marked-text.js';
import { safeUrl } from '../safe-url.js';
import type { Texts } from '../texts.js';
import { Marked } from './marked.js';
import { SourceAddress, SourceLink } from './source-link.js';

export function AnswerCard({ answer, hits, texts }: { answer: Answer; hits: readonly PassageResult[]; texts: Texts }) {
  return (
    <article>
      <h3>{answer.disagreement ? texts.sourcesDisagree : texts.answer}</h3>
      <p class="answer-text" dir="auto">
        {answer.text}
      </p>
      {answer.asOf !== undefined && <p class="as-of">{texts.asOf(answer.asOf)}</p>}
      <Confidence answer={answer} texts={texts} />
      {answer.citations.map((citation, index) => (
        <Quote
          key={`${citation.passageId} ${citation.quote}`}
          citation={citation}
          answerText={claimOf(answer, index)?.text ?? answer.text}
          date={claimOf(answer, index)?.date}
          hits={hits}
          label={answer.disagreement ? `[${index + 1}]` : index === 0 ? texts.from : texts.alsoFrom}
          texts={texts}
        />
      ))}
    </article>
  );
}

const claimOf = ({ disagreement }: Answer, citation: number) =>
  disagreement?.claims.find((claim) => claim.citation === citation);

/** Where sources disagree, the figure is about what each of them says: no claim of them all can be right. */
function Confidence({ answer: { confidence, disagreement }, texts }: { answer: Answer; texts: Texts }) {
  const percent = toPercent(confidence);
  const level = toLevel(confidence);
  return (
    <details class={`confidence ${level}`}>
      <summary>
        <span class="level">{disagreement ? texts.eachSourceSaysSo : texts.levels[level]}</span>{' '}
        <span class="sure">{texts.sure(percent)}</span>
      </summary>
      <p class="explanation">{disagreement ? texts.eachSourceExplained(percent) : texts.sureExplained(percent)}</p>
    </details>
  );
}

function Quote({
  citation,
  answerText,
  date,
  hits,
  label,
  texts,
}: {
  citation: Citation;
  answerText: string;
  /** Of the source, where it matters. */
  date?: string | undefined;
  hits: readonly PassageResult[];
  label: string;
  texts: Texts;
}) {
  const { quote, url, documentId } = citation;
  const title = hits.find((hit) => hit.documentId === documentId)?.title || safeUrl(url)?.host || documentId;
  // The passage around the sentence, where its hit shows it; else the sentence alone.
  const snippet = hits.find((hit) => hit.id === citation.passageId)?.snippet ?? '';
  const found = findQuote(snippet, quote);
  return (
    <figure aria-label={texts.quote}>
      <blockquote cite={safeUrl(url)?.href} dir="auto">
        <Marked
          text={found ? snippet : quote}
          spans={[found ?? { start: 0, end: quote.length }]}
          inside={(sentence) => <Emphasized text={sentence} part={answerText} />}
        />
      </blockquote>
      <figcaption>
        {label} <SourceLink title={title} address={url} /> <SourceAddress address={url} />
        {date !== undefined && <span class="dated"> {texts.dated(date)}</span>}
      </figcaption>
    </figure>
  );
}

/** The words of the answer inside its sentence, where it says them literally. */
function Emphasized({ text, part }: { text: string; part: string }) {
  const span = findQuote(text, part);
  return (
    <>
      {toSegments(text, span ? [span] : []).map((segment) =>
        segment.marked ? <b key="part">{segment.text}</b> : segment.text,
      )}
    </>
  );
}
