import { describe, expect, it } from 'vitest';
import { withRememberedQueries } from '../../src/retrieval/remembered-queries.js';
import { WordEmbedder } from '../fixtures/word-embedder.js';

const signal = new AbortController().signal;

/** Counts the texts that are embedded; holds them back until `release` is called. */
class SlowEmbedder extends WordEmbedder {
  asked: string[] = [];
  failing = false;
  release = () => {};
  #released = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  override async embedQueries(texts: readonly string[], ask?: AbortSignal): Promise<Float32Array[]> {
    this.asked.push(...texts);
    await this.#released;
    ask?.throwIfAborted();
    if (this.failing) throw new Error('down');
    return super.embedQueries(texts);
  }
}

describe('remembered queries', () => {
  it('embeds a query once for all who ask, at once or later', async () => {
    const slow = new SlowEmbedder();
    const embedder = withRememberedQueries(slow);
    const both = [embedder.embedQueries(['piano'], signal), embedder.embedQueries(['piano', 'nile'], signal)];
    slow.release();
    const [[first], second] = (await Promise.all(both)) as [Float32Array[], Float32Array[]];
    const [third] = await embedder.embedQueries(['piano'], signal);
    expect(slow.asked).toEqual(['piano', 'nile']);
    expect(second).toEqual(await new WordEmbedder().embedQueries(['piano', 'nile']));
    expect([second[0], third]).toEqual([first, first]);
  });

  it('who leaves takes nobody else along', async () => {
    const slow = new SlowEmbedder();
    const embedder = withRememberedQueries(slow);
    const leaving = new AbortController();
    const left = embedder.embedQueries(['piano'], leaving.signal);
    const stays = embedder.embedQueries(['piano'], signal);
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: 'cancelled' });
    slow.release();
    expect(await stays).toHaveLength(1);
    expect(slow.asked).toEqual(['piano']);
  });

  it('forgets a failure', async () => {
    const slow = new SlowEmbedder();
    const embedder = withRememberedQueries(slow);
    slow.release();
    slow.failing = true;
    await expect(embedder.embedQueries(['piano'], signal)).rejects.toThrow('down');
    slow.failing = false;
    expect(await embedder.embedQueries(['piano'], signal)).toHaveLength(1);
  });

  it('is the same embedder otherwise', async () => {
    const inner = new WordEmbedder('words@7');
    const embedder = withRememberedQueries(inner);
    expect(embedder).toMatchObject({ modelId: 'words@7', dimensions: 64, maxTokens: 256 });
    await embedder.embedPassages([{ title: 'Piano', text: 'It has 88 keys.' }], signal);
    expect(inner.passages).toBe(1);
  });
});
