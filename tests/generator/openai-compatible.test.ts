import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OpenAiCompatibleGenerator } from '../../src/generator/drivers/openai-compatible.js';
import { loadPromptTemplate } from '../../src/generator/prompt.js';
import { collect, requestFor, testGenerator } from '../contracts/generator.js';

const template = await loadPromptTemplate(fileURLToPath(new URL('../../prompts', import.meta.url)));

/** What the server is asked, and how it answers by what the prompt holds. */
interface Asked {
  prompt: string;
  n: number;
  temperature: number;
  stop: string[];
}
let asked: Asked[] = [];
let reply: (request: Asked) => string = () => ' Stadium [2]';
let server: Server;
let url = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => {
      body += String(piece);
    });
    request.on('end', () => {
      const parsed = JSON.parse(body) as Asked;
      asked.push(parsed);
      const text = reply(parsed);
      if (text === 'fail') return response.writeHead(500).end();
      const logprobs = { token_logprobs: [-0.5, -1.5], top_logprobs: [{ ' un': Math.log(0.25), ' St': -0.5 }] };
      const choices = Array.from({ length: parsed.n }, () => ({ text, logprobs }));
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ choices }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const open = () => new OpenAiCompatibleGenerator({ url, model: 'policy', template });

testGenerator('openai-compatible', async () => open(), { samples: true });

describe('openai-compatible', () => {
  test('sends the prompt of training', async () => {
    asked = [];
    const [candidate] = await collect(open(), requestFor(1));
    expect(asked).toMatchObject([{ n: 1, temperature: 0, stop: ['<|im_end|>'] }]);
    expect(asked[0]?.prompt).toBe(
      "Super Bowl 50\n[1] The Broncos won 24-10. [2] The game was played at Levi's Stadium.\n" +
        '\nQuestion: Where was the game played?\nAnswer:',
    );
    expect(candidate).toMatchObject({ text: 'Stadium', sentenceNumber: 2, meanTokenLogprob: -1, sampled: 'greedy' });
    expect(candidate?.declineProbability).toBeCloseTo(0.25, 6);
  });

  test.each([
    [' unanswerable', [['', null]]],
    [' 24-10 [9]', [['24-10', 1]]],
    [' 24-10', [['24-10', 1]]],
    [' nonsense [9]', []],
    [' [1]', []],
  ])('a completion "%s"', async (text, expected) => {
    reply = () => text;
    const candidates = await collect(open(), requestFor(1));
    expect(candidates.map((candidate) => [candidate.text, candidate.sentenceNumber])).toEqual(expected);
  });

  test('a server that fails', async () => {
    reply = () => 'fail';
    await expect(collect(open(), requestFor(2))).rejects.toMatchObject({ code: 'inference-failed' });
  });
});
