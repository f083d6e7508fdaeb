import { styleText } from 'node:util';
import type { AnswerResult, AnswerStatus, PassageResult, SearchResponse, TextSpan } from '../types.js';

/** How text is set off; `plain` where nobody sees a terminal. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
}

export const plain: Style = { bold: (text) => text, dim: (text) => text };

const coloured: Style = { bold: (text) => styleText('bold', text), dim: (text) => styleText('dim', text) };

/** What suits the output: no escapes in files and pipes, nor where `NO_COLOR` forbids them. */
export function styleFor(output: { isTTY?: boolean }): Style {
  return output.isTTY && !process.env.NO_COLOR ? coloured : plain;
}

/** Documents are data: a control character in one must not move the cursor or change the title of a window. */
export const printable = (text: string) => text.replace(/\p{Cc}/gu, ' ');

const percent = (share: number) => `${Math.round(share * 100)} %`;

const REASONS: Readonly<Record<Exclude<AnswerStatus['reason'], 'shown'>, string>> = {
  'low-confidence': 'the best candidate is not sure enough',
  'no-evidence': 'no passage was found that could support one',
  declined: 'no passage that was read gives one',
  'unsafe-query': 'this query gets hits only',
  'unsafe-answer': 'what was found is not shown as an answer',
  deadline: 'it was not ready in time',
  'generator-unavailable': 'no model that writes and judges answers is ready; see: candor models verify',
  off: 'none was asked for',
};

/** A whole reply for people: the answer with its quote, or why there is none, then the hits. */
export function renderResponse({ results, answerStatus }: SearchResponse, style: Style): string {
  const answer = results.find((result) => result.type === 'answer');
  const hits = results.filter((result) => result.type === 'passage');
  return [answer ? renderAnswer(answer, style) : renderReason(answerStatus), renderHits(hits, style)].join('\n\n');
}

function renderAnswer({ text, confidence, citations }: AnswerResult, style: Style): string {
  const quotes = citations.map(
    ({ quote, url, documentId }) => `  “${printable(quote)}”\n  ${style.dim(printable(url || documentId))}`,
  );
  return [`${style.bold(printable(text))}  ${style.dim(`(confidence ${percent(confidence)})`)}`, ...quotes].join('\n');
}

function renderReason({ reason, confidence, notice }: AnswerStatus): string {
  if (reason === 'shown') return '';
  const figure = confidence === undefined ? '' : ` (${percent(confidence)})`;
  return `No answer: ${REASONS[reason]}${figure}.${notice ? `\n${notice}` : ''}`;
}

export function renderHits(hits: readonly PassageResult[], style: Style, offset = 0): string {
  if (hits.length === 0) return 'Nothing found.';
  return hits
    .map(({ title, url, documentId, snippet, highlights }, index) => {
      const number = `${offset + index + 1}.`.padStart(3);
      const head = `${number} ${style.bold(printable(title || documentId))}  ${style.dim(printable(url))}`;
      return `${head.trimEnd()}\n    ${mark(snippet, highlights, style)}`;
    })
    .join('\n');
}

function mark(snippet: string, highlights: readonly TextSpan[], { bold }: Style): string {
  let text = '';
  let from = 0;
  for (const { start, end } of highlights) {
    text += printable(snippet.slice(from, start)) + bold(printable(snippet.slice(start, end)));
    from = end;
  }
  return text + printable(snippet.slice(from));
}
