import { ServiceError } from '../errors.js';
import type { Access, SourceDocument } from '../types.js';
import { type ChunkingOptions, chunkDocument, DEFAULT_CHUNKING } from './chunking.js';
import type { Embedder } from './embedder.js';
import type { IndexableDocument, Indexer } from './indexer.js';
import { fingerprintOf } from './ingest.js';
import { toDocument } from './loaders/record.js';
import type { DocumentReader } from './retriever.js';
import type { SplitSentences } from './sentences.js';

/** Who writes. */
export interface Author extends Access {
  /** May write documents of groups that it is not in itself. */
  isAdmin: boolean;
}

/** What must be true of the stored document, or nothing is written. */
export type Expectation =
  /** It is in one of these versions. */
  | { versions: readonly string[] }
  /** There is one, in any version. */
  | 'present'
  /** There is none. */
  | 'absent';

export type DocumentOperation =
  | {
      type: 'put';
      documentId: string;
      /** As a line of a file for `candor ingest`, without `id`; it is checked in the same way. */
      record: Readonly<Record<string, unknown>>;
      expected?: Expectation;
    }
  | { type: 'delete'; documentId: string; expected?: Expectation };

/** What became of one operation. `version` changes with what is stored and with nothing else. */
export type DocumentOutcome =
  | { documentId: string; outcome: 'created' | 'replaced' | 'unchanged'; version: string; passages: number }
  | { documentId: string; outcome: 'deleted' | 'absent' }
  | { documentId: string; outcome: 'refused'; error: ServiceError };

export interface StoredDocument {
  document: SourceDocument;
  /** `null` while two stores hold it in different forms, after a write that reached one of them only. */
  version: string | null;
}

export interface DocumentWriterOptions {
  embedder: Embedder;
  indexer: Indexer;
  documents: DocumentReader;
  split: SplitSentences;
}

/** A document on its way into the index. */
type Prepared = Omit<IndexableDocument, 'vectors'>;

/** As long as no two versions of one document share it; the whole fingerprint would be no safer. */
const VERSION_LENGTH = 32;
const versionOf = (fingerprint: string) => fingerprint.slice(0, VERSION_LENGTH);

/**
 * Single documents in and out of the index, between the large loads. An operation that succeeded is durable in every store
 * and in the next query; repeating it changes nothing.
 *
 * The version of a document is made of what is stored, so that every store and every process agrees on it. Expectations are
 * checked where the write happens, one tenant at a time: of two writers with the same expectation in one process, one wins.
 */
export class DocumentWriter {
  readonly #options: DocumentWriterOptions;
  readonly #lastOf = new Map<string, Promise<unknown>>();

  constructor(options: DocumentWriterOptions) {
    this.#options = options;
  }

  /** The document as stored, or `null` when there is none the caller may see. */
  async get(documentId: string, access: Access, signal: AbortSignal): Promise<StoredDocument | null> {
    const { documents, indexer } = this.#options;
    // The version first: when a write comes in between, the version is the old one and a condition on it fails.
    const fingerprints = await indexer.fingerprints(access.tenant, [documentId], signal);
    const document = await documents.getDocument(documentId, access, signal);
    if (!document) return null;
    const fingerprint = fingerprints.get(documentId);
    return { document, version: fingerprint === undefined ? null : versionOf(fingerprint) };
  }

  /**
   * Each operation on its own, in the order given; of several on one document the later ones see the earlier. One that
   * cannot be done is `refused`, and the others are done: `invalid-request`, `forbidden` or `version-conflict`.
   *
   * @throws ServiceError when a store or the embedder fails: some of the operations may then be done, and all of them may be
   * sent again.
   */
  async write(
    operations: readonly DocumentOperation[],
    author: Author,
    signal: AbortSignal,
  ): Promise<DocumentOutcome[]> {
    const outcomes: DocumentOutcome[] = [];
    for (const group of inRounds(operations)) outcomes.push(...(await this.#round(group, author, signal)));
    return outcomes;
  }

  /** Operations on different documents, so that they can be looked up, embedded and stored together. */
  async #round(operations: readonly DocumentOperation[], author: Author, signal: AbortSignal) {
    const chunkingOf = await this.#chunkings(operations, author, signal);
    const prepared = operations.map((operation) => this.#prepare(operation, author, chunkingOf(operation.documentId)));
    const sound = prepared.filter((one): one is Prepared => one !== null && !(one instanceof ServiceError));
    // Before the queue, since this is what takes time. What turns out to be unchanged or refused is embedded in vain only
    // when somebody else wrote it in the meantime.
    const known = await this.#lookUp(operations, author, signal);
    const needed = sound.filter(({ document, fingerprint }) => known.fingerprints.get(document.id) !== fingerprint);
    const vectors = await this.#options.embedder.embedPassages(
      needed.flatMap(({ passages }) => passages),
      signal,
    );
    const ready = new Map<string, IndexableDocument>();
    let next = 0;
    for (const one of needed) {
      ready.set(one.document.id, { ...one, vectors: vectors.slice(next, next + one.passages.length) });
      next += one.passages.length;
    }
    return this.#inTurn(author.tenant, () => this.#store(operations, prepared, ready, author, signal));
  }

  /** A stored document is cut as it was, a new one as others are that are stored. */
  async #chunkings(operations: readonly DocumentOperation[], { tenant }: Author, signal: AbortSignal) {
    const { indexer } = this.#options;
    const ids = operations.flatMap(({ type, documentId }) => (type === 'put' ? [documentId] : []));
    const own = ids.length > 0 ? await indexer.chunkings(tenant, ids, signal) : new Map<string, ChunkingOptions>();
    const usual = ids.some((id) => !own.has(id)) ? await indexer.usualChunking(signal) : null;
    return (documentId: string): ChunkingOptions => own.get(documentId) ?? usual ?? DEFAULT_CHUNKING;
  }

  /** The document of a `put`, `null` for a `delete`, or why it is refused. */
  #prepare(operation: DocumentOperation, author: Author, chunking: ChunkingOptions): Prepared | ServiceError | null {
    if (operation.type === 'delete') return null;
    const { split, embedder } = this.#options;
    const { tenant, groups, isAdmin } = author;
    const document = toDocument({ ...operation.record, id: operation.documentId }, { tenant, acl: groups });
    if ('reason' in document) return new ServiceError('invalid-request', { message: document.reason });
    const foreign = document.acl.filter((group) => !groups.includes(group));
    if (foreign.length > 0 && !isAdmin) {
      const message = `acl: expected groups of the credential, received ${foreign.join(', ')}.`;
      return new ServiceError('forbidden', { message });
    }
    const passages = chunkDocument(document, split, chunking);
    const fingerprint = fingerprintOf({ document, headings: [] }, chunking, embedder.modelId);
    return { document, chunking, fingerprint, passages };
  }

  async #lookUp(operations: readonly DocumentOperation[], { tenant }: Author, signal: AbortSignal) {
    const ids = operations.map(({ documentId }) => documentId);
    const { indexer } = this.#options;
    const [fingerprints, acls] = await Promise.all([
      indexer.fingerprints(tenant, ids, signal),
      indexer.acls(tenant, ids, signal),
    ]);
    return { fingerprints, acls };
  }

  async #store(
    operations: readonly DocumentOperation[],
    prepared: readonly (Prepared | ServiceError | null)[],
    ready: ReadonlyMap<string, IndexableDocument>,
    author: Author,
    signal: AbortSignal,
  ): Promise<DocumentOutcome[]> {
    const { indexer, embedder } = this.#options;
    const { fingerprints, acls } = await this.#lookUp(operations, author, signal);
    const puts: IndexableDocument[] = [];
    const deletes: string[] = [];
    const outcomes: DocumentOutcome[] = [];
    for (const [index, operation] of operations.entries()) {
      const { documentId } = operation;
      const own = prepared[index] ?? null;
      const fingerprint = fingerprints.get(documentId);
      const stored = acls.get(documentId);
      const isHidden = stored !== undefined && !stored.every((acl) => mayWrite(author, acl));
      const version = fingerprint === undefined ? null : versionOf(fingerprint);
      const error =
        own instanceof ServiceError
          ? own
          : isHidden && operation.type === 'put'
            ? new ServiceError('forbidden', {
                message: `${documentId}: expected an id that is free for this credential.`,
              })
            : conflictOf(operation, { version, exists: stored !== undefined && !isHidden });
      if (error) outcomes.push({ documentId, outcome: 'refused', error });
      else if (own === null || own instanceof ServiceError) {
        if (stored === undefined || isHidden) outcomes.push({ documentId, outcome: 'absent' });
        else {
          deletes.push(documentId);
          outcomes.push({ documentId, outcome: 'deleted' });
        }
      } else {
        const isSame = fingerprint === own.fingerprint;
        if (!isSame) {
          const vectors = ready.get(documentId)?.vectors ?? (await embedder.embedPassages(own.passages, signal));
          puts.push({ ...own, vectors });
        }
        const outcome = isSame ? 'unchanged' : stored === undefined ? 'created' : 'replaced';
        outcomes.push({ documentId, outcome, version: versionOf(own.fingerprint), passages: own.passages.length });
      }
    }
    if (deletes.length > 0) await indexer.delete(author.tenant, deletes, signal);
    if (puts.length === 0) return outcomes;
    const { rejected } = await indexer.put(puts, signal);
    const reasons = new Map(rejected.map(({ documentId, reason }) => [documentId, reason]));
    return outcomes.map((outcome) => {
      const reason = reasons.get(outcome.documentId);
      if (reason === undefined) return outcome;
      const error = new ServiceError('invalid-request', { message: reason });
      return { documentId: outcome.documentId, outcome: 'refused', error };
    });
  }

  /** One write of a tenant at a time, so that what was looked up is still true when it is acted on. */
  #inTurn<T>(tenant: string, work: () => Promise<T>): Promise<T> {
    const before = this.#lastOf.get(tenant) ?? Promise.resolve();
    const result = before.then(work, work);
    const settled = result
      .catch(() => undefined)
      .then(() => {
        if (this.#lastOf.get(tenant) === settled) this.#lastOf.delete(tenant);
      });
    this.#lastOf.set(tenant, settled);
    return result;
  }
}

const mayWrite = ({ groups, isAdmin }: Author, acl: readonly string[]) =>
  isAdmin || acl.length === 0 || acl.some((group) => groups.includes(group));

function conflictOf(
  { documentId, expected }: DocumentOperation,
  { version, exists }: { version: string | null; exists: boolean },
): ServiceError | null {
  if (expected === undefined) return null;
  const holds =
    expected === 'absent'
      ? !exists
      : expected === 'present'
        ? exists
        : exists && version !== null && expected.versions.includes(version);
  if (holds) return null;
  const wanted = typeof expected === 'string' ? expected : `version ${expected.versions.join(' or ')}`;
  const found = exists ? `version ${version ?? 'unknown'}` : 'none';
  return new ServiceError('version-conflict', { message: `${documentId}: expected ${wanted}, found ${found}.` });
}

/** As few groups as possible, in order, with each document at most once in a group. */
function* inRounds(operations: readonly DocumentOperation[]): Generator<DocumentOperation[]> {
  let round: DocumentOperation[] = [];
  const seen = new Set<string>();
  for (const operation of operations) {
    if (seen.has(operation.documentId)) {
      yield round;
      round = [];
      seen.clear();
    }
    seen.add(operation.documentId);
    round.push(operation);
  }
  if (round.length > 0) yield round;
}
