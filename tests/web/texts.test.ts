import { describe, expect, expectTypeOf, it } from 'vitest';
import type { SearchMetrics } from '../../src/api/plugins/metrics.js';
import { ERRORS } from '../../src/errors.js';
import type { DriftStatus } from '../../src/reward/drift.js';
import type { AuditEntry, Override } from '../../src/safety/overrides.js';
import {
  ANSWER_REASONS,
  type AnswerReason,
  type DegradedPart,
  type SearchEvent,
  type SearchResponse,
} from '../../src/types.js';
import type * as admin from '../../web/src/admin/admin-types.js';
import { answerWords } from '../../web/src/answer-words.js';
import type * as page from '../../web/src/api-types.js';
import { chooseLanguage } from '../../web/src/texts.js';

describe.each(['en', 'zh'])('texts in %s', (tag) => {
  const { texts } = chooseLanguage([tag]);

  it.each(ANSWER_REASONS.filter((reason) => reason !== 'shown' && reason !== 'sources-disagree'))(
    'say why no answer is shown: %s',
    (reason) => {
      const words = answerWords({ phase: 'absent', status: { shown: false, reason } }, texts);
      expect(words).not.toBe(texts.noAnswerUnknown);
      expect(words).toMatch(/^(No answer is shown: .+\.|没有显示答案：.+。)$/);
    },
  );

  it('still tell the truth about a reason they do not know', () => {
    const status = { shown: false, reason: 'brand-new' as AnswerReason };
    expect(answerWords({ phase: 'absent', status }, texts)).toBe(texts.noAnswerUnknown);
  });

  it('name problems by codes of the service', () => {
    expect(Object.keys(texts.problems).filter((code) => !(code in ERRORS))).toEqual(['unreachable']);
  });
});

describe('chooseLanguage', () => {
  it.each([
    [['zh-TW', 'en'], 'zh'],
    [[null, 'de', 'zh-CN'], 'zh'],
    [['en', 'zh'], 'en'],
    [['de'], 'en'],
    [[], 'en'],
  ])('of %j is %s', (wanted, tag) => expect(chooseLanguage(wanted).tag).toBe(tag));
});

// The page talks to the service through HTTP only; this does not compile when the shapes grow apart.
it('reads the shapes that the service writes', () => {
  expectTypeOf<SearchEvent>().toExtend<page.SearchEvent>();
  expectTypeOf<SearchResponse>().toExtend<page.SearchResponse>();
  expectTypeOf<DriftStatus>().toExtend<admin.PromiseStatus>();
  expectTypeOf<ReturnType<SearchMetrics['recent']>>().toExtend<admin.RecentAnswers>();
  expectTypeOf<Override>().toExtend<admin.RuleInForce>();
  expectTypeOf<AuditEntry>().toExtend<admin.AuditEntry>();
  expectTypeOf<page.AnswerReason>().toEqualTypeOf<AnswerReason>();
  expectTypeOf<page.DegradedPart>().toEqualTypeOf<DegradedPart>();
});
