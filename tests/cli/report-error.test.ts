import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { reportError } from '../../src/cli/report-error.js';
import { ServiceError } from '../../src/errors.js';

function report(error: unknown, logLevel?: string) {
  const lines: string[] = [];
  return { code: reportError(error, (text) => lines.push(text), logLevel), text: lines.join('\n') };
}

describe('reportError', () => {
  it.each([
    [
      new ServiceError('index-missing', { message: 'x: no index. Run: candor ingest' }),
      1,
      'candor: x: no index. Run: candor ingest',
    ],
    [new ServiceError('invalid-config', { message: 'CANDOR_PORT: too big' }), 2, 'candor: CANDOR_PORT: too big'],
    [new ServiceError('empty-query'), 2, 'candor: The query is empty.'],
    [new ServiceError('cancelled'), 130, 'candor: The request was cancelled.'],
    [new Error('boom'), 1, 'candor: boom\ncandor: set CANDOR_LOG_LEVEL=debug to see where.'],
    ['thrown text', 1, 'candor: thrown text\ncandor: set CANDOR_LOG_LEVEL=debug to see where.'],
  ])('%s', (error, code, text) => {
    expect(report(error)).toEqual({ code, text });
  });

  it('shows stack and cause to whoever asks', () => {
    const { text } = report(new ServiceError('index-corrupt', { cause: new Error('disk on fire') }), 'debug');
    expect(text).toMatch(/report-error\.test\.ts/);
    expect(text).toMatch(/caused by: Error: disk on fire/);
  });

  it('leaves what commander has said alone', () => {
    expect(report(new CommanderError(0, 'commander.helpDisplayed', ''))).toEqual({ code: 0, text: '' });
    expect(report(new CommanderError(1, 'commander.unknownOption', ''))).toEqual({ code: 2, text: '' });
  });
});
