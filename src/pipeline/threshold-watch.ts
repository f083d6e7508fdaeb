import type { DriftStatus } from '../reward/drift.js';

/** Says from which confidence on answers are shown, as long as the promise about them holds. */
export interface ThresholdWatch {
  /**
   * @param minConfidence What the calibrator or the settings say.
   * @returns the same, a higher one, or `'off'`.
   */
  threshold(minConfidence: number): number | 'off';
  /** Told the confidence of every best candidate, shown or not. */
  observe(answer: { requestId: string; tenant: string; confidence: number; isShown: boolean }): void;
  /** @returns whether there is such an answer; each can be judged once, and only by its own tenant. */
  judge(tenant: string, requestId: string, right: boolean): boolean;
  status(): DriftStatus;
  /** Forgets everything that was seen. */
  reset(): void;
}
