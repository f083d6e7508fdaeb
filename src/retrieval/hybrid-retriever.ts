import { abortError, type ErrorCode, ServiceError } from '../errors.js';
import type { Query, ScoredPassage } from '../types.js';
import { abortable } from './abortable.js';
import type { Embedder } from './embedder.js';
import { DEFAULT_FUSION, type FusionSettings, fuseInStages, type RankedList } from './fusion.js';
import type { RetrievalResult, Retriever, RetrieverFailure } from './retriever.js';

export interface HybridRetrieverOptions {
  /** At least one; asked in parallel. */
  retrievers: readonly Retriever[];
  /** Embeds the query for dense retrievers; without it they fail, lexical ones do not. */
  embedder: Embedder | null;
  /** Time for each retriever, in milliseconds from the call; a later one counts as failed. @default 1500 */
  timeoutMs?: number;
  /** @default DEFAULT_FUSION */
  fusion?: FusionSettings;
}

/** Asks every back end at once and fuses what comes back in time. */
export class HybridRetriever {
  readonly #options: Required<HybridRetrieverOptions>;

  constructor(options: HybridRetrieverOptions) {
    this.#options = { timeoutMs: 1_500, fusion: DEFAULT_FUSION, ...options };
  }

  /**
   * At most as many passages as the last of `limits`, best first. Those of a smaller limit come first, in the order that it alone
   * would give (see `fuseInStages`). A back end that fails, is late or answers nonsense costs recall; what it is for
   * is in `degraded`.
   *
   * @throws ServiceError when every back end failed: `index-missing`, `index-corrupt` or `index-mismatch` if they agree on
   * one of them, else `retrieval-unavailable`; or the error of the aborted signal.
   */
  async retrieve(query: Query, limits: number | readonly number[], signal: AbortSignal): Promise<RetrievalResult> {
    if (signal.aborted) throw abortError(signal);
    const { retrievers, timeoutMs, fusion } = this.#options;
    const stages = [limits].flat();
    // Not AbortSignal.any with AbortSignal.timeout: Node 20 may collect the pair before its timer fires.
    const controller = new AbortController();
    const onAbort = () => controller.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(() => controller.abort(new ServiceError('deadline-exceeded')), timeoutMs);
    try {
      const outcomes = await this.#askAll(query, stages.at(-1) ?? 0, controller.signal);
      if (signal.aborted) throw abortError(signal);
      const answered = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      const failed = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
      if (answered.length === 0) throw unavailable(failed);
      const failures = outcomes.flatMap((outcome, index): RetrieverFailure[] => {
        const { name, kind } = retrievers[index] as Retriever;
        return outcome.status === 'rejected' ? [{ name, kind, code: codeOf(outcome.reason) }] : [];
      });
      const degraded = [...new Set(failures.map(({ kind }) => kind))];
      return {
        passages: fuseInStages(answered, stages, fusion),
        degraded,
        ...(failures.length > 0 && { failures }),
      };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /**
   * Passages of the lexical back end with words like those of the query, and those with one of some other words, each once and
   * at most `limit` of either; `[]` without such a back end.
   */
  async similar(query: Query, words: readonly string[], limit: number, signal: AbortSignal): Promise<ScoredPassage[]> {
    const lexical = this.#options.retrievers.find(({ kind }) => kind === 'lexical');
    if (!lexical) return [];
    const others = { ...query, text: words.join(' ') };
    const asked = [
      lexical.retrieve({ query, limit, fuzzy: true }, signal),
      ...(words.length > 0 ? [lexical.retrieve({ query: others, limit }, signal)] : []),
    ];
    const found = (await abortable(Promise.all(asked), signal)).flat();
    return [...new Map(sane(found, query, lexical).map((scored) => [scored.passage.id, scored])).values()];
  }

  #askAll(query: Query, limit: number, signal: AbortSignal): Promise<PromiseSettledResult<RankedList>[]> {
    const { retrievers, embedder } = this.#options;
    const needsVector = retrievers.some(({ kind }) => kind === 'dense');
    const embedding = needsVector ? embedOne(embedder, query.text, signal) : Promise.resolve(undefined);
    embedding.catch(() => undefined);
    return Promise.allSettled(
      retrievers.map(async (retriever) => {
        const queryVector = retriever.kind === 'dense' ? await abortable(embedding, signal) : undefined;
        const found = await abortable(retriever.retrieve({ query, queryVector, limit }, signal), signal);
        return { kind: retriever.kind, passages: sane(found, query, retriever) };
      }),
    );
  }
}

async function embedOne(embedder: Embedder | null, text: string, signal: AbortSignal): Promise<Float32Array> {
  const [vector] = (await embedder?.embedQueries([text], signal)) ?? [];
  if (!vector) throw new ServiceError('retrieval-unavailable', { message: 'There is no embedding of the query.' });
  return vector;
}

/** A back end is another program: what it gives is checked before it is shown to a caller. */
function sane(found: ScoredPassage[], { access }: Query, { name, kind }: Retriever): ScoredPassage[] {
  for (const { passage, bm25Score, denseScore } of found) {
    const isVisible =
      passage.tenant === access.tenant &&
      (passage.acl.length === 0 || passage.acl.some((group) => access.groups.includes(group)));
    const score = kind === 'lexical' ? bm25Score : denseScore;
    if (isVisible && Number.isFinite(score) && passage.sentences.length > 0) continue;
    throw new ServiceError('retrieval-unavailable', { message: `${name} gave a passage that makes no sense.` });
  }
  return found;
}

const codeOf = (error: unknown): ErrorCode => (error instanceof ServiceError ? error.code : 'internal');

const TELLING = new Set(['index-missing', 'index-corrupt', 'index-mismatch']);

function unavailable(reasons: readonly unknown[]): unknown {
  const codes = new Set<string>(reasons.map(codeOf));
  const [code = ''] = codes;
  if (codes.size === 1 && TELLING.has(code)) return reasons[0];
  // Logs show the message of a cause, not the errors of an aggregate one by one.
  const why = reasons.map((reason) => (reason instanceof Error ? reason.message : String(reason))).join('; ');
  return new ServiceError('retrieval-unavailable', { cause: new AggregateError(reasons, why) });
}
