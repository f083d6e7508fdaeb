import { ServiceError } from '../errors.js';
import type { SafetyReport, Stage, Timings, Trace, TraceEntry } from '../types.js';
import { isDeadline } from './deadline.js';

type Details = Record<string, unknown>;

/** What a running stage may say about itself. */
export interface StageReport {
  /** Adds counts, scores and versions to the entry. */
  add(details: Details): void;
  /** The stage ends well, but its time was over before it had done everything. */
  markLate(): void;
}

/** Measures the stages of one request, from its arrival. */
export class RequestTrace {
  readonly #startedAt = performance.now();
  readonly #entries: TraceEntry[] = [];
  #safety: SafetyReport = {};

  /** Milliseconds since the request arrived. */
  get elapsedMs(): number {
    return round(performance.now() - this.#startedAt);
  }

  /** Runs one stage and keeps its time and outcome; an error is kept and thrown on. */
  async run<T>(stage: Stage, work: (report: StageReport) => Promise<T>): Promise<T> {
    const startMs = this.elapsedMs;
    const details: Details = {};
    let outcome: TraceEntry['outcome'] = 'ok';
    let code: string | undefined;
    try {
      return await work({
        add: (more) => Object.assign(details, more),
        markLate: () => {
          outcome = 'late';
        },
      });
    } catch (error) {
      outcome = isDeadline(error) ? 'late' : 'failed';
      code = error instanceof ServiceError ? error.code : 'internal';
      throw error;
    } finally {
      this.#push({ stage, startMs, outcome, code, details });
    }
  }

  /** Records a stage that covers everything since the arrival: `hits` and `total`. */
  mark(stage: 'hits' | 'total'): void {
    this.#push({ stage, startMs: 0, outcome: 'ok', details: {} });
  }

  skip(stage: Stage, details: Details = {}): void {
    this.#push({ stage, startMs: this.elapsedMs, outcome: 'skipped', details });
  }

  /** Adds what a guard did. */
  guarded(report: SafetyReport): void {
    this.#safety = { ...this.#safety, ...report };
  }

  /** What the guards did; `undefined` when nothing. */
  safety(): SafetyReport | undefined {
    return Object.keys(this.#safety).length > 0 ? this.#safety : undefined;
  }

  timings(): Timings {
    const ran = this.#entries.filter(({ outcome }) => outcome !== 'skipped');
    return Object.fromEntries(ran.map(({ stage, durationMs }) => [`${stage}Ms`, durationMs]));
  }

  toTrace(): Trace {
    return { entries: [...this.#entries] };
  }

  #push({ code, details, ...entry }: Omit<TraceEntry, 'durationMs' | 'details'> & { details: Details }): void {
    const durationMs = entry.outcome === 'skipped' ? 0 : round(this.elapsedMs - entry.startMs);
    this.#entries.push({
      ...entry,
      durationMs,
      ...(code !== undefined && { code }),
      ...(Object.keys(details).length > 0 && { details }),
    });
  }
}

const round = (ms: number) => Math.round(ms * 100) / 100;
