import { describe, expect, it } from 'vitest';
import { readEventStream, type StreamMessage, toMessage } from '../../web/src/event-stream.js';

async function read(...chunks: (string | Uint8Array)[]): Promise<StreamMessage[]> {
  const bytes = chunks.map((chunk) => (typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk));
  return collect(readEventStream(ReadableStream.from(bytes)));
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('readEventStream', () => {
  it('gives each message as soon as it is complete', async () => {
    expect(await read('event: hits-end\nda', 'ta: {"a":1}\n', '\nevent: answer-end\ndata: 2\n\n')).toEqual([
      { event: 'hits-end', data: '{"a":1}' },
      { event: 'answer-end', data: '2' },
    ]);
  });

  it('joins a character that was cut in the middle of its bytes', async () => {
    const bytes = new TextEncoder().encode('data: 钢琴\n\n');
    expect(await read(bytes.slice(0, 8), bytes.slice(8))).toEqual([{ event: 'message', data: '钢琴' }]);
  });

  it('takes either line end, several data lines and comments', async () => {
    expect(await read(': hello\r\n\r\ndata: a\r\ndata:b\r\n\r\n: still there\n\n')).toEqual([
      { event: 'message', data: 'a\nb' },
    ]);
  });

  it('drops a message that never ended', async () => {
    expect(await read('data: 1\n\n', 'event: hits-end\ndata: {')).toEqual([{ event: 'message', data: '1' }]);
  });
});

describe('toMessage', () => {
  it('keeps colons of the data and needs no space after the name', () => {
    expect(toMessage('event:x\ndata:{"a":"b: c"}')).toEqual({ event: 'x', data: '{"a":"b: c"}' });
  });
});
