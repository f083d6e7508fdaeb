import { createHash } from 'node:crypto';
import { CHUNKING_VERSION, type ChunkingOptions, chunkDocument, DEFAULT_CHUNKING } from './chunking.js';
import type { Embedder } from './embedder.js';
import type { IndexableDocument, Indexer } from './indexer.js';
import type { Loaded, LoadedDocument, RejectedRecord } from './loaders/loader.js';
import type { SplitSentences } from './sentences.js';

export interface IngestOptions {
  embedder: Embedder;
  indexer: Indexer;
  split: SplitSentences;
  /** What is left out is as for the document when it was stored, if it comes from an index, or as in DEFAULT_CHUNKING. */
  chunking?: Partial<ChunkingOptions>;
  /** Passages embedded and stored together, at least 1; a document is never divided. @default 256 */
  batchPassages?: number;
  /** How far the source has been read, in a unit of the caller's; comes back as `IngestProgress.position`. */
  position?(): number;
  /** Called when documents have been stored or found unchanged. */
  onProgress?(progress: IngestProgress): void;
}

export interface IngestProgress {
  /** Documents stored, new or changed. */
  stored: number;
  /** Documents that were stored already, in the same form. */
  unchanged: number;
  /** Passages of the documents stored. */
  passages: number;
  rejected: number;
  /** Of the last document that is done; others before it may still be on their way. */
  position: number;
}

export interface IngestReport extends Omit<IngestProgress, 'rejected' | 'position'> {
  rejected: RejectedRecord[];
}

/** A document that needs storing, with its passages. */
interface Prepared extends Omit<IndexableDocument, 'vectors'> {
  from: Pick<LoadedDocument, 'file' | 'line'>;
  position: number;
}

type Positioned = LoadedDocument & { position: number };

/** Documents whose fingerprints are asked for at once, and the text they may hold in memory together. */
const GROUP_DOCUMENTS = 64;
const GROUP_CHARACTERS = 4_000_000;
/** One batch is embedded while the one before is stored. */
const BATCHES_AT_ONCE = 2;

/**
 * Reads documents to their end, cuts them into passages, embeds and stores them. What is stored already in the same form
 * is left alone, so a run that was killed goes on where it stopped when it is started again. A bad record is reported
 * and never stops the rest.
 *
 * @throws ServiceError of embedder or indexer, or of the aborted signal; what was stored stays.
 */
export async function ingest(
  items: AsyncIterable<Loaded>,
  options: IngestOptions,
  signal: AbortSignal,
): Promise<IngestReport> {
  const run = new IngestRun(options, signal);
  let group: Positioned[] = [];
  let characters = 0;
  for await (const item of items) {
    if (item.type === 'rejected') {
      run.reject(item);
      continue;
    }
    if (group[0] && group[0].document.tenant !== item.document.tenant) {
      await run.add(group);
      group = [];
      characters = 0;
    }
    group.push({ ...item, position: options.position?.() ?? 0 });
    characters += item.document.text.length;
    if (group.length < GROUP_DOCUMENTS && characters < GROUP_CHARACTERS) continue;
    await run.add(group);
    group = [];
    characters = 0;
  }
  await run.add(group);
  return run.finish();
}

class IngestRun {
  readonly #options: Required<Pick<IngestOptions, 'batchPassages'>> & IngestOptions;
  readonly #signal: AbortSignal;
  readonly #report: IngestReport = { stored: 0, unchanged: 0, passages: 0, rejected: [] };
  readonly #running = new Set<Promise<void>>();
  #failure: { error: unknown } | null = null;
  #batch: Prepared[] = [];
  #batchPassages = 0;
  #position = 0;

  constructor(options: IngestOptions, signal: AbortSignal) {
    this.#options = { batchPassages: 256, ...options };
    this.#signal = signal;
  }

  reject(record: RejectedRecord): void {
    this.#report.rejected.push(record);
  }

  /** Documents of one tenant, each id once. */
  async add(group: readonly Positioned[]): Promise<void> {
    const tenant = group[0]?.document.tenant;
    if (tenant === undefined) return;
    const { indexer, embedder } = this.#options;
    const ids = group.map(({ document }) => document.id);
    const stored = await indexer.fingerprints(tenant, ids, this.#signal);
    for (const loaded of group) {
      const fingerprint = fingerprintOf(loaded, this.#chunkingOf(loaded), embedder.modelId);
      if (stored.get(loaded.document.id) !== fingerprint) await this.#prepare(loaded, fingerprint);
      else {
        this.#report.unchanged += 1;
        if (this.#running.size === 0 && this.#batch.length === 0) this.#moveTo(loaded.position);
      }
    }
    this.#tell();
  }

  async finish(): Promise<IngestReport> {
    await this.#flush();
    await Promise.all(this.#running);
    this.#throwFailure();
    if (this.#report.stored > 0) await this.#options.indexer.optimize?.(this.#signal);
    return this.#report;
  }

  #chunkingOf(loaded: LoadedDocument): ChunkingOptions {
    return { ...DEFAULT_CHUNKING, ...loaded.chunking, ...this.#options.chunking };
  }

  async #prepare(loaded: Positioned, fingerprint: string): Promise<void> {
    const { split, batchPassages } = this.#options;
    const chunking = this.#chunkingOf(loaded);
    const { document, headings, tables, file, line, position } = loaded;
    const passages = chunkDocument(document, split, chunking, loaded);
    // A store takes one tenant at a time.
    if (this.#batch[0] && this.#batch[0].document.tenant !== document.tenant) await this.#flush();
    const structure = { headings, ...(tables && { tables }) };
    this.#batch.push({ document, structure, chunking, fingerprint, passages, from: { file, line }, position });
    this.#batchPassages += passages.length;
    if (this.#batchPassages >= batchPassages) await this.#flush();
  }

  /** Starts to embed and store the batch; waits while too many are on their way. */
  async #flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchPassages = 0;
    while (this.#running.size >= BATCHES_AT_ONCE) await Promise.race(this.#running);
    this.#throwFailure();
    if (batch.length === 0) return;
    const storing: Promise<void> = this.#store(batch)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#running.delete(storing));
    this.#running.add(storing);
  }

  async #store(batch: readonly Prepared[]): Promise<void> {
    const { embedder, indexer } = this.#options;
    const all = batch.flatMap(({ passages }) => passages);
    const vectors = await embedder.embedPassages(all, this.#signal);
    let next = 0;
    const documents = batch.map(({ from: _from, position: _position, ...prepared }): IndexableDocument => {
      const start = next;
      next += prepared.passages.length;
      return { ...prepared, vectors: vectors.slice(start, next) };
    });
    const { stored, rejected } = await indexer.put(documents, this.#signal);
    const reasons = new Map(rejected.map(({ documentId, reason }) => [documentId, reason]));
    for (const { document, passages, from } of batch) {
      const reason = reasons.get(document.id);
      if (reason === undefined) this.#report.passages += passages.length;
      else this.reject({ type: 'rejected', ...from, reason });
    }
    this.#report.stored += stored;
    this.#moveTo(batch.at(-1)?.position);
    this.#tell();
  }

  #moveTo(position = 0): void {
    this.#position = Math.max(this.#position, position);
  }

  #tell(): void {
    const { rejected, ...counts } = this.#report;
    this.#options.onProgress?.({ ...counts, rejected: rejected.length, position: this.#position });
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}

/** Everything that decides what is stored: equal = nothing to do. */
export function fingerprintOf(
  { document, headings, tables = [] }: Pick<LoadedDocument, 'document' | 'headings' | 'tables'>,
  chunking: ChunkingOptions,
  embedderModelId: string,
): string {
  const { id, tenant, url, title, text, date, language, acl, metadata } = document;
  const record = [id, tenant, url, title, text, date ?? null, language ?? null, acl, metadata, headings, tables];
  const settings = [
    CHUNKING_VERSION,
    chunking.targetWords,
    chunking.maxWords,
    chunking.overlapWords ?? 0,
    embedderModelId,
  ];
  return createHash('sha256')
    .update(JSON.stringify([record, settings]))
    .digest('hex');
}
