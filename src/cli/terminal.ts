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

/** A whole reply for people: the answer with its quote, or why there is none, then the hits. */
export function renderResponse({ results, answerStatus }: SearchResponse, style: Style): string {
  const answer = results.find((result) => result.type === 'answer');
  const hits = results.filter((result) => result.type === 'passage');
  return [answer ? renderAnswer(answer, style) : renderReason(answerStatus), renderHits(hits, style)].join('\n\n');
}

function renderAnswer({ text, confidence, citations, asOf, disagreement }: AnswerResult, style: Style): string {
  const quotes = citations.map(({ quote, url, documentId }, index) => {
    const number = disagreement ? `[${index + 1}] ` : '';
    const date = disagreement?.claims[index]?.date;
    const source = printable([url || documentId, date].filter(Boolean).join(', '));
    return `  ${number}“${printable(quote)}”\n  ${style.dim(source)}`;
  });
  const facts = [`confidence ${percent(confidence)}`, ...(asOf === undefined ? [] : [`as of ${printable(asOf)}`])];
  return [`${style.bold(printable(text))}  ${style.dim(`(${facts.join(', ')})`)}`, ...quotes].join('\n');
}

const HINTS: Readonly<Partial<Record<AnswerStatus['reason'], string>>> = {
  'generator-unavailable': 'See: candor models verify',
};

function renderReason({ reason, message, confidence, notice, choices, check }: AnswerStatus): string {
  const figure = confidence === undefined ? [] : [percent(confidence)];
  const facts = [reason, ...(check === undefined ? [] : [check]), ...figure].join(', ');
  const lines = (choices ?? []).map(
    ({ label, query }) => `  - ${printable(label)}: candor ask ${JSON.stringify(query)}`,
  );
  const sentence = message ?? 'No answer is shown.';
  return [`${sentence} (${facts})`, ...lines, ...[HINTS[reason], notice].filter(Boolean)].join('\n');
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
