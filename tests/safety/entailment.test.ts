import { describe, expect, it } from 'vitest';
import { answersInTurn, supportGuard } from '../../src/safety/answer-guard.js';
import { createCoverageEntailment } from '../../src/safety/drivers/coverage-entailment.js';
import { openTrainedAnswerGuard } from '../../src/safety/drivers/trained-answer-guard.js';
import { openTrainedEntailment } from '../../src/safety/drivers/trained-entailment.js';
import type { EntailmentChecker } from '../../src/safety/entailment.js';
import { testEntailmentChecker } from '../contracts/entailment.js';

testEntailmentChecker('coverage', createCoverageEntailment);
testEntailmentChecker('trained', () => openTrainedEntailment('models/guards/entailment'));

const signal = new AbortController().signal;
const query = { text: 'Who invented it?', access: { tenant: 'default', groups: [] } };
const citation = (quote: string) => ({
  passageId: 'p#0',
  documentId: 'p',
  url: '',
  quote,
  start: 0,
  end: quote.length,
});
const answer = (text: string, ...quotes: string[]) => ({ text, citations: quotes.map(citation) });

/** Says as it is told, by quote. */
const told = (support: Record<string, number>): EntailmentChecker => ({
  checkerId: 'told',
  entails: async (claims) => claims.map(({ quote }) => support[quote] ?? 0),
});

describe('supportGuard', () => {
  const guard = supportGuard(told({ good: 0.9, poor: 0.1, bad: 0.01 }), 0.05);

  it.each([
    [['good'], 'show'],
    [['poor'], 'show'],
    [['bad'], 'withhold'],
    [['bad', 'good'], 'show'],
    [[], 'withhold'],
  ])('quotes %j: %s', async (quotes, action) => {
    expect(await guard.check(query, answer('x', ...quotes), signal)).toMatchObject({ action });
  });

  it('says how sure it is', async () => {
    expect(await guard.check(query, answer('x', 'bad'), signal)).toEqual({
      action: 'withhold',
      category: 'unsupported',
      score: 0.99,
    });
  });
});

describe('answer guards', () => {
  it('withhold what tells how harm is done, and show what an encyclopaedia says', async () => {
    const guard = await openTrainedAnswerGuard({ modelDir: 'models/guards/answer' });
    const quotes = [
      'The modern piano is credited to Bartolomeo Cristofori of Padua.',
      'The atomic bombing of Hiroshima killed between 70,000 and 126,000 civilians.',
      'Suicide rates are highest in Eastern Europe.',
    ];
    for (const quote of quotes) {
      expect(await guard.check(query, answer(quote.slice(0, 20), quote), signal)).toEqual({ action: 'show' });
    }
    await expect(guard.check(query, answer('x', 'y'), AbortSignal.abort())).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('decide in turn', async () => {
    const guard = answersInTurn([supportGuard(told({ q: 0.9 }), 0.05), supportGuard(told({ q: 0.2 }), 0.5)]);
    expect(await guard.check(query, answer('x', 'q'), signal)).toMatchObject({ action: 'withhold', score: 0.8 });
    expect(await answersInTurn([]).check(query, answer('x', 'q'), signal)).toEqual({ action: 'show' });
  });
});
