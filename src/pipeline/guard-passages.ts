import { overrideOf } from '../safety/overrides.js';
import { withoutParts } from '../safety/passage-guard.js';
import type { ScoredPassage, SearchRequest } from '../types.js';
import type { PipelineParts } from './parts.js';
import type { RequestTrace } from './trace.js';

interface GuardContext {
  parts: Pick<PipelineParts, 'passageGuard' | 'overrides'>;
  request: SearchRequest;
  trace: RequestTrace;
}

/**
 * What the generator may read: no document that an administrator blocked, and no sentence that speaks to a model, unless
 * its document is allowed. A guard that fails stops the answer, not the hits: an unguarded passage is not read.
 */
export async function guardPassages(
  { parts: { passageGuard, overrides }, request, trace }: GuardContext,
  read: readonly ScoredPassage[],
  signal: AbortSignal,
): Promise<ScoredPassage[]> {
  return await trace.run('passageGuard', async (report) => {
    const rules = await overrides.list(request.query.access.tenant);
    const permitted = read.map((scored) => ({ scored, rule: overrideOf(scored.passage, rules)?.action }));
    const open = permitted.filter(({ rule }) => rule !== 'block');
    const passages = open.map(({ scored }) => scored.passage);
    const found = passageGuard ? await passageGuard.inspect(passages, signal) : [];
    const parts = open.map(({ rule }, index) => (rule === 'allow' ? [] : (found[index] ?? [])));
    const safe = open.flatMap(({ scored }, index) => {
      const passage = withoutParts(scored.passage, parts[index] ?? []);
      return passage ? [{ ...scored, passage }] : [];
    });
    const removed = open.flatMap(({ scored }, index) =>
      (parts[index] ?? []).map((part) => ({ passageId: scored.passage.id, ...part })),
    );
    const passedOver = read.length - safe.length;
    report.add({ guardId: passageGuard?.guardId ?? 'off', removed, passedOver });
    trace.guarded({
      ...(removed.length > 0 && { neutralised: removed.length }),
      ...(passedOver > 0 && { passedOver }),
    });
    return safe;
  });
}
