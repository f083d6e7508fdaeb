import type { Access, SearchFilter } from '../../types.js';
import { endOf, startOf } from '../iso-date.js';

/** A text as an SQL literal. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const list = (values: readonly string[]) => values.map(literal).join(', ');
const isIn = (column: string, values: readonly string[]) =>
  values.length ? `${column} IN (${list(values)})` : 'false';
const hasAny = (column: string, values: readonly string[]) =>
  values.length ? `array_has_any(${column}, make_array(${list(values)}))` : 'false';

/** What is no date matches nothing. */
const compare = (comparison: string, ms: number) => (Number.isNaN(ms) ? 'false' : `${comparison} ${ms}`);

/** How a metadata value is stored, so that a filter finds it: the text `x`, the number 1 and `'1'` all differ. */
export const metadataTerm = (key: string, value: string | number | boolean): string => JSON.stringify([key, value]);

/** Passages the caller may see. */
export function accessCondition({ tenant, groups }: Access): string {
  const visible = groups.length ? `(acl_open OR ${hasAny('acl', groups)})` : 'acl_open';
  return `tenant = ${literal(tenant)} AND ${visible}`;
}

/** Passages of some documents, whoever may see them. */
export function documentsCondition(tenant: string, documentIds: readonly string[]): string {
  return `tenant = ${literal(tenant)} AND ${isIn('document_id', documentIds)}`;
}

/** What a query may return: one SQL predicate, applied before the limit. */
export function searchCondition(access: Access, filter: SearchFilter = {}): string {
  const conditions = [accessCondition(access)];
  if (filter.documentIds) conditions.push(isIn('document_id', filter.documentIds));
  if (filter.languages) conditions.push(languageCondition(filter.languages));
  if (filter.dateFrom) conditions.push(compare('date_ms >=', startOf(filter.dateFrom)));
  if (filter.dateTo) conditions.push(compare('date_ms <=', endOf(filter.dateTo)));
  for (const [key, values] of Object.entries(filter.metadata ?? {})) {
    const terms = values.map((value) => metadataTerm(key, value));
    conditions.push(hasAny('metadata_terms', terms));
  }
  return conditions.join(' AND ');
}

/** `en` finds `en` and `en-GB`. */
function languageCondition(languages: readonly string[]): string {
  const lower = languages.map((language) => language.toLowerCase());
  const conditions = lower.map(
    (tag) => `language_tag = ${literal(tag)} OR starts_with(language_tag, ${literal(`${tag}-`)})`,
  );
  return conditions.length ? `(${conditions.join(' OR ')})` : 'false';
}
