import type { Calibrator } from './calibrator.js';
import { type DriftStatus, judgeDrift, thresholdInUse } from './drift.js';
import type { ConfidenceOutcome } from './threshold.js';

export interface ObservedAnswer {
  requestId: string;
  tenant: string;
  /** Of the best candidate, 0..1. */
  confidence: number;
  isShown: boolean;
}

/** What outlives a restart. */
export interface DriftMemory {
  /** Version of the calibrator that it is about; that of another says nothing. */
  calibrator: string;
  confidences: number[];
  outcomes: ConfidenceOutcome[];
}

export interface DriftMonitorOptions {
  calibrator: Calibrator;
  /** Latest confidences that are compared with the calibrator's. @default 1000 */
  confidenceWindow?: number;
  /** Latest judged answers. @default 500 */
  feedbackWindow?: number;
  /** Shown answers that can still be judged. @default 10000 */
  awaiting?: number;
  memory?: DriftMemory | undefined;
  /** Told after every judgement and reset, and every hundredth confidence. */
  onChange?: (memory: DriftMemory) => void;
}

const CONFIDENCES_A_CHANGE = 100;

/** Watches whether the promise about shown answers holds, and raises the threshold, or says `off`, when it does not. */
export class DriftMonitor {
  readonly #options: DriftMonitorOptions;
  readonly #confidences: number[];
  readonly #outcomes: ConfidenceOutcome[];
  /** Confidence by tenant and request id, oldest first. */
  readonly #awaiting = new Map<string, number>();
  #observed = 0;
  #status: DriftStatus;

  constructor(options: DriftMonitorOptions) {
    this.#options = options;
    const memory = options.memory?.calibrator === options.calibrator.version ? options.memory : undefined;
    this.#confidences = [...(memory?.confidences ?? [])];
    this.#outcomes = [...(memory?.outcomes ?? [])];
    this.#status = this.#judge();
  }

  /** The threshold to use for answers that the calibrator, or a setting, would show from `minConfidence` on. */
  threshold(minConfidence: number): number | 'off' {
    return thresholdInUse(this.#status, minConfidence) ?? 'off';
  }

  observe({ requestId, tenant, confidence, isShown }: ObservedAnswer): void {
    this.#confidences.push(confidence);
    trim(this.#confidences, this.#options.confidenceWindow ?? 1000);
    if (isShown) {
      this.#awaiting.set(keyOf(tenant, requestId), confidence);
      for (const oldest of this.#awaiting.keys()) {
        if (this.#awaiting.size <= (this.#options.awaiting ?? 10_000)) break;
        this.#awaiting.delete(oldest);
      }
    }
    this.#observed += 1;
    // The index is over many bins of many values: once in a while is often enough.
    if (this.#observed % CONFIDENCES_A_CHANGE === 0) this.#change();
  }

  /** @returns whether there is such an answer; each can be judged once, and only by its own tenant. */
  judge(tenant: string, requestId: string, right: boolean): boolean {
    const key = keyOf(tenant, requestId);
    const confidence = this.#awaiting.get(key);
    if (confidence === undefined) return false;
    this.#awaiting.delete(key);
    this.#outcomes.push({ confidence, right });
    trim(this.#outcomes, this.#options.feedbackWindow ?? 500);
    this.#change();
    return true;
  }

  status(): DriftStatus {
    return this.#status;
  }

  /** Forgets everything that was seen: the promise counts as unbroken. */
  reset(): void {
    this.#confidences.length = 0;
    this.#outcomes.length = 0;
    this.#change();
  }

  #judge(): DriftStatus {
    return judgeDrift(this.#options.calibrator, this.#confidences, this.#outcomes);
  }

  #change(): void {
    this.#status = this.#judge();
    const { calibrator, onChange } = this.#options;
    onChange?.({ calibrator: calibrator.version, confidences: [...this.#confidences], outcomes: [...this.#outcomes] });
  }
}

const keyOf = (tenant: string, requestId: string) => JSON.stringify([tenant, requestId]);

function trim(values: unknown[], limit: number): void {
  if (values.length > limit) values.splice(0, values.length - limit);
}
