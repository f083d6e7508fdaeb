import type { AnswerCheck } from '../answer-check.js';

/** The source belongs to the caller's tenant, and the caller may see it. Stores promise this; nothing here relies on it. */
export const ownSource: AnswerCheck = {
  name: 'own-source',
  fault({ access, source }) {
    if (source === null) return null; // Nothing was read; another check says so.
    if (source.tenant !== access.tenant) return 'the source belongs to another tenant';
    const isVisible = source.acl.length === 0 || source.acl.some((group) => access.groups.includes(group));
    return isVisible ? null : 'the caller is in no group that may see the source';
  },
};
