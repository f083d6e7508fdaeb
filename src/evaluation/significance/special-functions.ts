/** Lanczos' approximation (g = 7, 9 terms), about 15 digits. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

/** Logarithm of the gamma function, for arguments above 0. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const shifted = x - 1;
  let sum: number = LANCZOS[0];
  for (let term = 1; term < LANCZOS.length; term++) sum += (LANCZOS[term] as number) / (shifted + term);
  const base = shifted + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(base) - base + Math.log(sum);
}

/** Regularised incomplete beta function I_x(a, b), by its continued fraction. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a;
  // Lentz: the fraction is 1 + d1/(1 + d2/(1 + …)), with two kinds of d in turn.
  const tiny = 1e-300;
  let [c, d, fraction] = [1, 0, 1];
  for (let step = 0; step < 500; step++) {
    const m = step >> 1;
    const numerator =
      step === 0
        ? 1
        : step % 2 === 0
          ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
          : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 + numerator * d;
    d = 1 / (Math.abs(d) < tiny ? tiny : d);
    c = 1 + numerator / c;
    if (Math.abs(c) < tiny) c = tiny;
    const change = c * d;
    fraction *= change;
    if (step > 0 && Math.abs(change - 1) < 1e-15) break;
  }
  return front * (fraction - 1);
}

/** P(|T| >= |t|) of Student's distribution. */
export function studentTwoSided(t: number, degreesOfFreedom: number): number {
  if (!Number.isFinite(t)) return 0;
  return incompleteBeta(degreesOfFreedom / (degreesOfFreedom + t * t), degreesOfFreedom / 2, 0.5);
}

/** P(Z <= z) of the standard normal distribution. */
export function normalCdf(z: number): number {
  const tail = upperTail(Math.abs(z));
  return z > 0 ? 1 - tail : tail;
}

/** P(|Z| >= |z|). */
export function normalTwoSided(z: number): number {
  return 2 * upperTail(Math.abs(z));
}

/** P(Z > z) for z >= 0: a series near 0, a continued fraction further out. */
function upperTail(z: number): number {
  if (z > 38) return 0;
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < 3) {
    let [term, sum] = [z, z];
    for (let odd = 3; term > 1e-17 * sum; odd += 2) {
      term *= (z * z) / odd;
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let fraction = z;
  for (let step = 120; step > 0; step--) fraction = z + step / fraction;
  return density / fraction;
}

interface Quadrature {
  nodes: Float64Array;
  weights: Float64Array;
}

/** Gauss-Legendre nodes and weights on -1..1 (Newton's method on the Legendre polynomial). */
export function gaussLegendre(count: number): Quadrature {
  const nodes = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    let x = Math.cos((Math.PI * (index + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let round = 0; round < 100; round++) {
      let [previous, value] = [1, x];
      for (let degree = 2; degree <= count; degree++)
        [previous, value] = [value, ((2 * degree - 1) * x * value - (degree - 1) * previous) / degree];
      slope = (count * (x * value - previous)) / (x * x - 1);
      const step = value / slope;
      x -= step;
      if (Math.abs(step) < 1e-15) break;
    }
    nodes[index] = x;
    weights[index] = 2 / ((1 - x * x) * slope * slope);
  }
  return { nodes, weights };
}

/** Of the standard normal: where it is not 0 to 16 digits. */
const NORMAL_REACH = 8.5;
const inner = gaussLegendre(80);
const innerZ = inner.nodes.map((node) => NORMAL_REACH * node);
const innerPhi = innerZ.map(normalCdf);
const innerWeights = inner.weights.map(
  (weight, index) => (NORMAL_REACH * weight * Math.exp(-((innerZ[index] as number) ** 2) / 2)) / Math.sqrt(2 * Math.PI),
);
const outer = gaussLegendre(32);

/**
 * P(Q > q) of the studentised range of `groups` means, with the degrees of freedom of the error; both integrals of its
 * definition by Gauss-Legendre quadrature.
 */
export function studentisedRangeTail(q: number, groups: number, degreesOfFreedom: number): number {
  if (q <= 0) return 1;
  const half = degreesOfFreedom / 2;
  const scale = Math.log(2) + half * Math.log(half) - logGamma(half);
  // The estimated standard deviation, of a true one of 1, lies around 1.
  const spread = 1 / Math.sqrt(2 * degreesOfFreedom);
  const [low, high] = [Math.max(0, 1 - 9 * spread), 1 + 10 * spread];
  let inside = 0;
  for (let index = 0; index < outer.nodes.length; index++) {
    const s = low + ((high - low) / 2) * ((outer.nodes[index] as number) + 1);
    const density = Math.exp(scale + (degreesOfFreedom - 1) * Math.log(s) - half * s * s);
    inside += (outer.weights[index] as number) * density * rangeWithin(q * s, groups);
  }
  return Math.min(1, Math.max(0, 1 - ((high - low) / 2) * inside));
}

/** P(range of standard normal values <= width). */
function rangeWithin(width: number, groups: number): number {
  let sum = 0;
  for (let index = 0; index < innerZ.length; index++) {
    const between = (innerPhi[index] as number) - normalCdf((innerZ[index] as number) - width);
    if (between > 0) sum += (innerWeights[index] as number) * between ** (groups - 1);
  }
  return groups * sum;
}
