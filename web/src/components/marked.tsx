import type { ComponentChildren } from 'preact';
import type { TextSpan } from '../api-types.js';
import { type Segment, toSegments } from '../marked-text.js';

/** Text with its spans in `<mark>`; `inside` renders what is marked. */
export function Marked({
  text,
  spans,
  inside = (marked) => marked,
}: {
  text: string;
  spans: readonly TextSpan[];
  inside?: (marked: string) => ComponentChildren;
}) {
  return <>{toSegments(text, spans).map((segment, index) => toElement(segment, index, inside))}</>;
}

function toElement({ text, marked }: Segment, index: number, inside: (marked: string) => ComponentChildren) {
  return marked ? <mark key={index}>{inside(text)}</mark> : text;
}
