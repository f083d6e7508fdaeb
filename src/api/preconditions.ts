import { ServiceError } from '../errors.js';
import type { Expectation } from '../retrieval/document-writer.js';

export const etagOf = (version: string) => `"${version}"`;

const ETAG = /^(?:W\/)?"([^"]*)"$/;

/** Versions in a list of entity tags; a weak one promises nothing and matches nothing. */
function versionsIn(header: string, value: string): string[] {
  return value.split(',').flatMap((part) => {
    const tag = part.trim();
    const version = ETAG.exec(tag)?.[1];
    if (version === undefined) {
      const message = `${header}: expected * or a version in double quotes, such as "4a9c…".`;
      throw new ServiceError('invalid-request', { message });
    }
    return tag.startsWith('W/') ? [] : [version];
  });
}

/**
 * What `If-Match` and `If-None-Match` ask of the stored document before it is written (RFC 9110, section 13).
 *
 * @throws ServiceError `invalid-request` for what is no entity tag, and for an `If-None-Match` other than `*`.
 */
export function expectationOf(headers: Readonly<Record<string, unknown>>): Expectation | undefined {
  const [ifMatch, ifNoneMatch] = [headers['if-match'], headers['if-none-match']];
  if (typeof ifNoneMatch === 'string') {
    if (ifNoneMatch.trim() === '*' && ifMatch === undefined) return 'absent';
    const message = 'If-None-Match: expected * alone; If-Match takes a version.';
    throw new ServiceError('invalid-request', { message });
  }
  if (typeof ifMatch !== 'string') return undefined;
  return ifMatch.trim() === '*' ? 'present' : { versions: versionsIn('If-Match', ifMatch) };
}

/** The caller has this version already. */
export function isKnown(headers: Readonly<Record<string, unknown>>, version: string): boolean {
  const given = headers['if-none-match'];
  if (typeof given !== 'string') return false;
  return given.split(',').some((tag) => ['*', etagOf(version), `W/${etagOf(version)}`].includes(tag.trim()));
}
