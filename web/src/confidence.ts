export type ConfidenceLevel = 'veryHigh' | 'high' | 'fair' | 'low';

/** Whole per cent, 1..99: nothing here is ever certain. */
export function toPercent(confidence: number): number {
  return Math.min(99, Math.max(1, Math.round(confidence * 100)));
}

export function toLevel(confidence: number): ConfidenceLevel {
  const percent = toPercent(confidence);
  if (percent >= 95) return 'veryHigh';
  if (percent >= 85) return 'high';
  return percent >= 60 ? 'fair' : 'low';
}
