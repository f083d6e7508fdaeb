/** A line without its end, or `null` when it is longer than allowed. */
export interface ByteLine {
  /** From 1. */
  number: number;
  bytes: Buffer | null;
}

const NEWLINE = 0x0a;

/** Lines of a stream of bytes, decoded by nobody yet. A line over `maxBytes` is passed over without being kept. */
export async function* byteLines(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<ByteLine> {
  let number = 1;
  let parts: Buffer[] = [];
  let size = 0;
  const line = (): ByteLine => ({ number, bytes: size > maxBytes ? null : Buffer.concat(parts) });
  const add = (part: Buffer) => {
    size += part.length;
    if (size <= maxBytes) parts.push(part);
    else parts = [];
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      add(chunk.subarray(start, end));
      yield line();
      number += 1;
      parts = [];
      size = 0;
      start = end + 1;
    }
    if (start < chunk.length) add(chunk.subarray(start));
  }
  if (size > 0) yield line();
}
