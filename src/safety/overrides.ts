import type { Passage, Query } from '../types.js';
import { noticeFor } from './notices.js';
import type { QueryGuard } from './query-guard.js';
import { tokensOf } from './text-features.js';

/** What an administrator decides for one site, over whatever the guards think. */
export interface OverrideRule {
  /**
   * `query`: the whole query, whatever its case, marks and blanks. `phrase`: words that stand together anywhere in a query.
   * `document`: a document by its id.
   */
  match: 'query' | 'phrase' | 'document';
  /** 1 to 500 characters. */
  value: string;
  /**
   * `allow`: the guards are not asked. `block`: a query gets hits only; a document stays a hit, but no answer is drawn from
   * it. Where both match, an exact query beats a phrase, and `block` beats `allow`.
   */
  action: 'allow' | 'block';
  /** Why, for whoever reads the log. At most 500 characters. */
  reason: string;
}

/** A rule in force. */
export interface Override extends OverrideRule {
  id: string;
  tenant: string;
  /** ISO 8601. */
  createdAt: string;
  /** The credential, without the key; `null` = an open service or the command line. */
  createdBy: string | null;
}

/** One line of the audit log: what was done, when and by whom. Nothing is ever taken out of it. */
export interface AuditEntry {
  /** ISO 8601. */
  at: string;
  by: string | null;
  action: 'add' | 'remove';
  override: Override;
}

/** Who changes something, and for which tenant. */
export interface Administrator {
  tenant: string;
  by: string | null;
}

/** The rules of all tenants and their history. A change holds from the next query on. */
export interface OverrideStore {
  /** Rules of a tenant, oldest first. */
  list(tenant: string): Promise<readonly Override[]>;
  /** A rule with the same match and value is replaced; both changes are in the log. */
  add(rule: OverrideRule, who: Administrator): Promise<Override>;
  /** The rule that was removed, or `null` when the tenant has none of this id. */
  remove(id: string, who: Administrator): Promise<Override | null>;
  /** Newest first. */
  audit(tenant: string, limit: number): Promise<readonly AuditEntry[]>;
}

/** Queries and phrases are the same when their words are. */
const wordsOf = (text: string) => tokensOf(text).filter((token) => /[\p{L}\p{N}]/u.test(token));

/** What two rules must share to be the same one. */
export const ruleKey = ({ match, value }: Pick<OverrideRule, 'match' | 'value'>) =>
  `${match} ${match === 'document' ? value : wordsOf(value).join(' ')}`;

/** Does the value name anything at all? A phrase of marks alone would match every query. */
export const isUsable = ({ match, value }: Pick<OverrideRule, 'match' | 'value'>) =>
  match === 'document' ? value.trim() !== '' : wordsOf(value).length > 0;

/** The rule that decides about a query, or `null`. */
export function overrideFor(query: string, overrides: readonly Override[]): Override | null {
  const words = wordsOf(query);
  // Scripts without blanks are one token: a phrase may begin anywhere in it.
  const spaced = ` ${words.join(' ')} `;
  const contains = (value: string) => {
    const wanted = wordsOf(value).join(' ');
    return spaced.includes(
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u.test(wanted) ? wanted : ` ${wanted} `,
    );
  };
  const exact = overrides.filter(
    ({ match, value }) => match === 'query' && wordsOf(value).join(' ') === words.join(' '),
  );
  const phrases = overrides.filter(({ match, value }) => match === 'phrase' && contains(value));
  return strictest(exact) ?? strictest(phrases);
}

const strictest = (overrides: readonly Override[]) =>
  overrides.find(({ action }) => action === 'block') ?? overrides[0] ?? null;

/** The rule about a passage's document, or `null`. */
export const overrideOf = ({ documentId }: Passage, overrides: readonly Override[]): Override | null =>
  strictest(overrides.filter(({ match, value }) => match === 'document' && value === documentId));

/** The administrator's rules first, then the guard. */
export function withOverrides(guard: QueryGuard, store: OverrideStore): QueryGuard {
  return {
    guardId: `overrides+${guard.guardId}`,
    async check(query: Query, signal) {
      const found = overrideFor(query.text, await store.list(query.access.tenant));
      if (!found) return await guard.check(query, signal);
      if (found.action === 'allow') return { action: 'allow', overrideId: found.id };
      return {
        action: 'hits-only',
        category: 'blocked',
        score: 1,
        overrideId: found.id,
        ...noticeFor('blocked', query.text),
      };
    },
  };
}
