export interface LengthCase {
  /** For the own answer, 0..1. */
  preference: number;
  /** Length of the own answer minus that of the other. */
  lengthDifference: number;
}

/** Keeps the fit finite where a length decides every case; weak enough not to show elsewhere. */
const RIDGE = 1e-3;
const STEPS = 50;

/**
 * Win rate between answers of one length, 0..1: logistic regression of the preference on tanh(length difference / its
 * standard deviation), read at difference 0 (the length term of Dubois et al. 2024, "Length-Controlled AlpacaEval";
 * their term for the difficulty of a prompt needs many systems and is left out). `null` without cases.
 */
export function lengthControlledWinRate(cases: readonly LengthCase[]): number | null {
  if (cases.length === 0) return null;
  const deviation = Math.sqrt(cases.reduce((sum, one) => sum + one.lengthDifference ** 2, 0) / cases.length);
  const rows = cases.map(({ preference, lengthDifference }) => ({
    preference,
    x: deviation === 0 ? 0 : Math.tanh(lengthDifference / deviation),
  }));
  let [intercept, slope] = [0, 0];
  for (let step = 0; step < STEPS; step++) {
    // Newton's method for two weights; gradient g, Hessian h.
    let [g0, g1, h00, h01, h11] = [-RIDGE * intercept, -RIDGE * slope, RIDGE, 0, RIDGE];
    for (const { preference, x } of rows) {
      const fitted = sigmoid(intercept + slope * x);
      const weight = fitted * (1 - fitted);
      g0 += preference - fitted;
      g1 += (preference - fitted) * x;
      h00 += weight;
      h01 += weight * x;
      h11 += weight * x * x;
    }
    const determinant = h00 * h11 - h01 * h01;
    const [d0, d1] = [(h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant];
    intercept += clamp(d0);
    slope += clamp(d1);
    if (Math.abs(d0) + Math.abs(d1) < 1e-10) break;
  }
  return sigmoid(intercept);
}

const clamp = (step: number) => Math.max(-2, Math.min(2, step));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
