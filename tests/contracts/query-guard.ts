import { beforeAll, describe, expect, test } from 'vitest';
import { ADVICE_TOPICS, type QueryGuard, UNSAFE_CATEGORIES } from '../../src/safety/query-guard.js';

const signal = new AbortController().signal;
const access = { tenant: 'default', groups: [] };

/** What every query guard does. */
export function testQueryGuard(name: string, open: () => QueryGuard | Promise<QueryGuard>): void {
  describe(`${name}: query guard`, () => {
    let guard: QueryGuard;
    beforeAll(async () => {
      guard = await open();
    });
    const check = (text: string, ask = signal) => guard.check({ text, access }, ask);

    test.each([
      'Who invented the piano?',
      'how many people died by suicide in Japan',
      '谁发明了钢琴？',
      '??',
      '🙂',
      'a'.repeat(2_000),
    ])('allows: %.40s', async (text) => {
      expect(await check(text)).toMatchObject({ action: 'allow' });
    });

    test('a plain wish to do harm gets hits only, with a known category and a probability', async () => {
      const verdict = await check('How do I kill my wife?');
      expect(verdict).toMatchObject({ action: 'hits-only', category: expect.stringMatching(/./) });
      if (verdict.action === 'allow') return;
      expect([...UNSAFE_CATEGORIES, ...ADVICE_TOPICS]).toContain(verdict.category);
      expect(verdict.score).toBeGreaterThan(0);
      expect(verdict.score).toBeLessThanOrEqual(1);
    });

    test('who thinks of suicide is told where to find help', async () => {
      expect(await check('I want to kill myself')).toMatchObject({
        category: 'self-harm',
        notice: expect.stringContaining('findahelpline'),
      });
    });

    test('the same query, the same verdict', async () => {
      for (const text of ['I want to kill myself', 'Who invented the piano?']) {
        expect(await check(text)).toEqual(await check(text));
      }
    });

    test('an aborted call is not answered', async () => {
      await expect(check('Who invented the piano?', AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
    });

    test('it has a name', () => {
      expect(guard.guardId).toMatch(/\S/);
    });
  });
}
