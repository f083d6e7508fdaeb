import type { AuditEntry, PromiseStatus, RecentAnswers, Rule, RuleInForce } from './admin-types.js';

/** What the service said instead of a reply. */
export class AdminProblem extends Error {
  constructor(
    /** HTTP status; 0 when nothing could be reached. */
    readonly status: number,
    /** As the service names it; `unreachable` when there was no reply. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Everything that the page shows. */
export interface AdminView {
  /** `null`: no calibrator is loaded, or nobody watches. */
  promise: PromiseStatus | null;
  answers: RecentAnswers;
  rules: readonly RuleInForce[];
  audit: readonly AuditEntry[];
}

/** `/v1/admin` beside this page, wherever the pages are. */
const ROOT = `${location.pathname.replace(/\/admin(\/(index\.html)?)?$/, '')}/v1/admin`;

/** @throws AdminProblem */
export async function readAll(key: string): Promise<AdminView> {
  const [promise, answers, { overrides: rules }, { entries: audit }] = await Promise.all([
    ask<PromiseStatus>(key, '/confidence').catch((problem: unknown) => {
      if (problem instanceof AdminProblem && problem.status === 404) return null;
      throw problem;
    }),
    ask<RecentAnswers>(key, '/answers'),
    ask<{ overrides: RuleInForce[] }>(key, '/overrides'),
    ask<{ entries: AuditEntry[] }>(key, '/overrides/audit'),
  ]);
  return { promise, answers, rules, audit };
}

/** @throws AdminProblem */
export const addRule = (key: string, rule: Rule) => ask<RuleInForce>(key, '/overrides', 'POST', rule);

/** @throws AdminProblem */
export const removeRule = (key: string, id: string) =>
  ask<RuleInForce>(key, `/overrides/${encodeURIComponent(id)}`, 'DELETE');

/** Everything that was seen is forgotten. @throws AdminProblem */
export const resetPromise = (key: string) => ask<PromiseStatus>(key, '/confidence/reset', 'POST');

async function ask<T>(key: string, path: string, method = 'GET', body?: object): Promise<T> {
  const headers = {
    ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
    ...(body && { 'content-type': 'application/json' }),
  };
  const request = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const response = await fetch(ROOT + path, request).catch((error: unknown) => {
    throw new AdminProblem(0, 'unreachable', error instanceof Error ? error.message : String(error));
  });
  const reply: unknown = await response.json().catch(() => null);
  if (response.ok) return reply as T;
  const { code = '', detail, title } = (reply ?? {}) as { code?: string; detail?: string; title?: string };
  throw new AdminProblem(response.status, code, detail ?? title ?? `HTTP ${response.status}`);
}
