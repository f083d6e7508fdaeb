import { describe, expect, it } from 'vitest';
import { abortError, ERRORS, ServiceError } from '../src/errors.js';

describe('ServiceError', () => {
  it('takes message and status from the table', () => {
    expect(new ServiceError('empty-query')).toMatchObject({
      code: 'empty-query',
      status: 400,
      message: ERRORS['empty-query'].message,
    });
  });

  it('keeps the original error as its cause', () => {
    const cause = new Error('disk on fire');
    const error = new ServiceError('index-corrupt', { cause, message: 'index: expected a table' });
    expect(error.message).toBe('index: expected a table');
    expect(error.cause).toBe(cause);
  });
});

describe('abortError', () => {
  it('tells a withdrawn request from one whose time is over', async () => {
    expect(abortError(AbortSignal.abort()).code).toBe('cancelled');
    const timeout = AbortSignal.timeout(1);
    await new Promise((resolve) => timeout.addEventListener('abort', resolve));
    expect(abortError(timeout).code).toBe('deadline-exceeded');
  });

  it('passes on the reason that was given', () => {
    const reason = new ServiceError('overloaded');
    expect(abortError(AbortSignal.abort(reason))).toBe(reason);
  });
});
