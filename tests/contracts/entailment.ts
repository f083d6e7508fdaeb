import { beforeAll, describe, expect, test } from 'vitest';
import { claimOf, type EntailmentChecker } from '../../src/safety/entailment.js';

const signal = new AbortController().signal;
const quote = 'The invention of the modern piano is credited to Bartolomeo Cristofori of Padua, Italy, about 1700.';

/** What every entailment checker does. */
export function testEntailmentChecker(name: string, open: () => EntailmentChecker | Promise<EntailmentChecker>): void {
  describe(`${name}: entailment checker`, () => {
    let checker: EntailmentChecker;
    beforeAll(async () => {
      checker = await open();
    });
    const supports = async (claim: string, from = quote) =>
      (await checker.entails([{ quote: from, claim }], signal))[0] as number;

    test('a probability for each pair, in order', async () => {
      const claims = ['', '🙂', 'Piano?', 'x '.repeat(5_000), '钢琴'].map((claim) => ({ quote, claim }));
      const found = await checker.entails([...claims, { quote: '', claim: 'The piano.' }], signal);
      expect(found).toHaveLength(6);
      for (const probability of found) {
        expect(probability).toBeGreaterThanOrEqual(0);
        expect(probability).toBeLessThanOrEqual(1);
      }
      expect(await checker.entails([], signal)).toEqual([]);
    });

    test('what the quote says is better supported than what it does not', async () => {
      const said = await supports('The modern piano is credited to Bartolomeo Cristofori of Padua.');
      for (const other of [
        'The modern piano is credited to Johann Sebastian Bach of Leipzig.',
        'The modern piano is credited to Bartolomeo Cristofori of Padua, about 1850.',
        'The harp was invented by shepherds in Ireland.',
      ]) {
        expect(await supports(other)).toBeLessThan(said);
      }
    });

    test('a question with its answer is a claim', async () => {
      const right = await supports(claimOf('Who invented the piano?', 'Bartolomeo Cristofori'));
      expect(right).toBeGreaterThan(await supports(claimOf('Who invented the piano?', 'Ludwig van Beethoven')));
    });

    test('an aborted call is not answered', async () => {
      await expect(checker.entails([{ quote, claim: quote }], AbortSignal.abort())).rejects.toMatchObject({
        code: 'cancelled',
      });
    });
  });
}
