import { describe, expect, it } from 'vitest';
import { startServer } from '../../src/api/server.js';
import { loadConfig } from '../../src/config.js';
import { createAnswerPipeline } from '../../src/pipeline/answer-pipeline.js';
import { cristofori, fakeGenerator, fakeParts, settings, sleep } from '../pipeline/fakes.js';

async function serve(answerAfterMs: number, closeTimeoutMs: number) {
  const generator = fakeGenerator([cristofori], answerAfterMs);
  const { passages, answering } = fakeParts();
  let onStart = () => {};
  const started = new Promise<void>((resolve) => {
    onStart = resolve;
  });
  const parts = fakeParts({
    answering: { ...answering!, generator },
    passages: {
      retrieve(...request) {
        onStart();
        return passages.retrieve(...request);
      },
    },
  });
  const config = loadConfig({
    CANDOR_PORT: '0',
    CANDOR_LOG_LEVEL: 'silent',
    CANDOR_CLOSE_TIMEOUT_MS: String(closeTimeoutMs),
    CANDOR_ANSWER_DEADLINE_MS: '60000',
  });
  const server = await startServer(config, createAnswerPipeline(parts, settings));
  return { server, generator, started, search: () => fetch(`${server.address}/v1/search?q=piano`) };
}

describe('a server that is closed', () => {
  it('lets requests in flight finish', async () => {
    const { server, started, search } = await serve(500, 10_000);
    const running = search();
    await started;
    const closing = server.close();
    expect(await (await running).json()).toMatchObject({ answerStatus: { shown: true } });
    await closing;
    await expect(search()).rejects.toThrow();
  });

  it('cuts off those that take too long, and their work', async () => {
    const { server, generator, started, search } = await serve(60_000, 100);
    const running = search();
    const cut = expect(running).rejects.toThrow();
    await started;
    await sleep(50);
    const startedAt = performance.now();
    await server.close();
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await cut;
    await sleep(50);
    expect(generator.stopped).toBe(true);
  });
});
