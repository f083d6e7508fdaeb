import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { citationOf } from '../../src/generator/citations.js';
import type { GenerationRequest, Generator } from '../../src/generator/generator.js';
import type { Candidate, Passage } from '../../src/types.js';
import { answerPassage } from '../fixtures/answer-passage.js';

const never = new AbortController().signal;

export const passages: readonly Passage[] = [
  answerPassage('bowl', 'Super Bowl 50', ['The Broncos won 24-10.', "The game was played at Levi's Stadium."]),
  answerPassage('rhine', 'Rhine', [
    'The Rhine is a river in Europe.',
    'It is 1,230 km long.',
    'The game of the Rhine.',
  ]),
  answerPassage('odd', '', ['🙂 北京是中国的首都。', 'x'.repeat(200)]),
];

export const requestFor = (candidates: number, text = 'Where was the game played?', seed = 7): GenerationRequest => ({
  query: { text, access: { tenant: 'default', groups: [] } },
  passages,
  candidates,
  seed,
});

export async function collect(generator: Generator, request: GenerationRequest, signal = never): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for await (const candidate of generator.generate(request, signal)) candidates.push(candidate);
  return candidates;
}

const sorted = (candidates: readonly Candidate[]) => candidates.map((candidate) => JSON.stringify(candidate)).sort();

export interface GeneratorTraits {
  /** Draws more than one candidate from a passage. */
  samples: boolean;
}

/** What every generator does. */
export function testGenerator(name: string, open: () => Promise<Generator>, { samples }: GeneratorTraits): void {
  describe(`${name}: generator`, () => {
    let generator: Generator;
    beforeAll(async () => {
      generator = await open();
    }, 30_000);
    afterAll(() => generator?.close());

    test('a greedy candidate of each passage, as far as the number goes', async () => {
      const greedyOf = async (count: number) =>
        (await collect(generator, requestFor(count))).filter(({ sampled }) => sampled === 'greedy');
      expect((await greedyOf(3)).map(({ passageId }) => passageId).sort()).toEqual(['bowl', 'odd', 'rhine']);
      expect((await greedyOf(2)).map(({ passageId }) => passageId).sort()).toEqual(['bowl', 'rhine']);
    });

    const drawing = 'what is left is drawn from the best passages in turn';
    const draw = async () => {
      const others = (await collect(generator, requestFor(7))).filter(
        ({ sampled }) => sampled === 'sampled' || sampled === 'forked',
      );
      expect(others.map(({ passageId }) => passageId).sort()).toEqual(['bowl', 'bowl', 'odd', 'rhine']);
    };
    if (samples) test(drawing, draw); // one that always says the same has nothing to draw

    test('every candidate is a decline or an answer whose citation is a sentence, verbatim', async () => {
      for (const candidate of await collect(generator, requestFor(6))) {
        const passage = passages.find(({ id }) => id === candidate.passageId)!;
        const citation = citationOf(candidate, passage);
        expect(candidate.declined).toBe(candidate.sentenceNumber === null);
        expect(candidate.declined).toBe(candidate.text === '');
        if (!candidate.declined) expect(citation?.quote).toBe(passage.text.slice(citation!.start, citation!.end));
        expect(candidate.meanTokenLogprob).toBeLessThanOrEqual(0);
        expect(candidate.declineProbability).toBeGreaterThanOrEqual(0);
        expect(candidate.declineProbability).toBeLessThanOrEqual(1);
      }
    });

    test('the same request gives the same candidates', async () => {
      const first = await collect(generator, requestFor(6));
      expect(sorted(await collect(generator, requestFor(6)))).toEqual(sorted(first));
    });

    test('an aborted call is not answered', async () => {
      await expect(collect(generator, requestFor(3), AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
    });

    test('leaving early stops the rest, and the next request is served', async () => {
      for await (const candidate of generator.generate(requestFor(7), never)) {
        expect(candidate.passageId).toBeTruthy();
        break;
      }
      expect((await collect(generator, requestFor(1))).length).toBe(1);
    });

    test('the event loop stays free', async () => {
      const work = collect(generator, requestFor(6, 'Another question, so that nothing is cached?'));
      const before = performance.now();
      await sleep(5);
      expect(performance.now() - before).toBeLessThan(200);
      await work;
    });
  });
}
