import { describe, expect, it } from 'vitest';
import { DriftMonitor } from '../../src/reward/drift-monitor.js';
import { fakeCalibrator } from '../pipeline/fakes.js';
import { buildService, post } from './service.js';

const keys = [
  { key: 'reader-reader-reader', scopes: ['search'] },
  { key: 'writer-writer-writer', scopes: ['search', 'write'] },
  { key: 'stranger-stranger-x', tenant: 'theirs', scopes: ['search', 'write'] },
  { key: 'keeper-keeper-keeper', scopes: ['admin'] },
];
const as = (key: string) => ({ authorization: `Bearer ${key}` });

describe('the promise about answers', async () => {
  const watch = new DriftMonitor({ calibrator: fakeCalibrator() });
  const service = await buildService({ env: { CANDOR_API_KEYS: JSON.stringify(keys) }, parts: { watch } });
  const reader = as('reader-reader-reader');
  const writer = as('writer-writer-writer');
  const keeper = as('keeper-keeper-keeper');
  const feedback = (payload: object, headers: Record<string, string>) =>
    service.inject({ method: 'POST', url: '/v1/feedback', payload, headers });
  const status = async () => (await service.inject({ url: '/v1/admin/confidence', headers: keeper })).json();

  it('is judged by those who may, once for each answer', async () => {
    const { requestId } = (await post(service, { query: 'Who invented the piano?' }, reader)).json();
    const judgement = { requestId, right: true };
    expect((await feedback(judgement, reader)).statusCode).toBe(403);
    expect((await feedback(judgement, as('stranger-stranger-x'))).statusCode).toBe(404);
    expect((await feedback({ requestId }, writer)).statusCode).toBe(400);
    expect((await feedback(judgement, writer)).statusCode).toBe(204);
    expect((await feedback(judgement, writer)).statusCode).toBe(404);
    expect(await status()).toMatchObject({
      state: 'unknown',
      threshold: 0.8,
      feedback: { judged: 1, right: 1, precision: 1, precisionLow: expect.closeTo(0.05) },
      calibration: { basis: 'fit', shown: 40, precision: 0.95, precisionLow: 0.9, confidence: 0.95 },
    });
  });

  it('turns answers off when it is broken, says so everywhere, and on again when an admin resets it', async () => {
    for (let count = 0; count < 25; count++) {
      const { requestId } = (await post(service, { query: 'Who invented the piano?' }, reader)).json();
      await feedback({ requestId, right: false }, writer);
    }
    const { answerStatus, results } = (await post(service, { query: 'Who invented the piano?' }, reader)).json();
    expect(answerStatus).toMatchObject({ shown: false, strategy: 'stay-silent', reason: 'promise-broken' });
    expect(results).toHaveLength(3);
    expect(await status()).toMatchObject({ state: 'off', because: 'feedback', threshold: null });
    const metrics = (await service.inject({ url: '/metrics', headers: keeper })).body;
    expect(metrics).toContain('candor_promise_state{state="off"} 1');
    expect(metrics).toMatch(/candor_feedback_precision 0\.\d+/);
    expect(metrics).not.toMatch(/candor_answer_threshold \d/);
    const reset = (headers: Record<string, string>) =>
      service.inject({ method: 'POST', url: '/v1/admin/confidence/reset', headers });
    expect((await reset(writer)).statusCode).toBe(403);
    expect((await reset(keeper)).json()).toMatchObject({ state: 'unknown', threshold: 0.8 });
    expect((await post(service, { query: 'Who invented the piano?' }, reader)).json().answerStatus.shown).toBe(true);
  });
});

it('says that nobody watches', async () => {
  const service = await buildService();
  expect((await service.inject('/v1/admin/confidence')).statusCode).toBe(404);
  expect((await service.inject('/metrics')).body).not.toContain('candor_promise_state');
});

it('counts what became of the latest searches, for administrators', async () => {
  const service = await buildService({ env: { CANDOR_API_KEYS: JSON.stringify(keys) } });
  const url = '/v1/admin/answers';
  const reader = as('reader-reader-reader');
  expect((await service.inject({ url, headers: reader })).statusCode).toBe(403);
  const recent = async () => (await service.inject({ url, headers: as('keeper-keeper-keeper') })).json();
  expect(await recent()).toEqual({ searches: 0, reasons: [] });
  await post(service, { query: 'buy a piano' }, reader);
  await post(service, { query: 'Who invented the piano?' }, reader);
  await post(service, { query: 'Who invented the piano?' }, { ...reader, accept: 'text/event-stream' });
  expect(await recent()).toEqual({
    searches: 3,
    reasons: [
      { strategy: 'answer', reason: 'shown', count: 2 },
      { strategy: 'stay-silent', reason: 'not-a-question', count: 1 },
    ],
  });
});
