/** Weights for standardised inputs: `logit = intercept + sum(weight * (x - mean) / scale)`. */
export interface LinearModel {
  intercept: number;
  weights: readonly number[];
  means: readonly number[];
  /** Standard deviations, above 0. */
  scales: readonly number[];
}

/** One case: inputs (`null` = unknown, counts as the mean) and whether it turned out well. */
export interface LabelledVector {
  x: readonly (number | null)[];
  right: boolean;
}

export interface LogisticOptions {
  /** Strength of the L2 penalty on the weights of standardised inputs; the intercept has none. @default 1 */
  penalty?: number;
  /** @default 100 */
  maxIterations?: number;
}

/** P(right) for one vector of inputs, 0..1. */
export function logisticProbability(model: LinearModel, x: readonly (number | null)[]): number {
  return sigmoid(dot([model.intercept, ...model.weights], standardise(model, x)));
}

/**
 * L2-regularised logistic regression by Newton's method (iteratively reweighted least squares): minimises
 * `-log likelihood + penalty / 2 * |weights|^2`. A constant input gets weight 0.
 *
 * @throws RangeError without cases, or with cases of one outcome only: their probability would be 0 or 1.
 */
export function fitLogistic(cases: readonly LabelledVector[], options: LogisticOptions = {}): LinearModel {
  const { penalty = 1, maxIterations = 100 } = options;
  const right = cases.filter((one) => one.right).length;
  if (right === 0 || right === cases.length)
    throw new RangeError(`Expected cases of both outcomes, got ${right} right of ${cases.length}.`);
  const scaling = fitScaling(cases.map(({ x }) => x));
  const data = toMatrix(cases, scaling);
  let beta = [Math.log(right / (cases.length - right)), ...scaling.means.map(() => 0)];
  let loss = penalisedLoss(beta, data, penalty);
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    const step = newtonStep(beta, data, penalty);
    const next = halveUntilBetter(beta, step, loss, (candidate) => penalisedLoss(candidate, data, penalty));
    if (!next) break;
    const change = loss - next.loss;
    ({ beta, loss } = next);
    if (change < 1e-12 * Math.max(1, loss)) break;
  }
  const [intercept = 0, ...weights] = beta;
  return { intercept, weights, ...scaling };
}

/** All cases in one block of memory: a few dozen fits follow each other in a cross-fit. */
interface Matrix {
  /** Row after row; each starts with a 1 for the intercept. */
  values: Float64Array;
  labels: Float64Array;
  width: number;
}

function toMatrix(cases: readonly LabelledVector[], scaling: Pick<LinearModel, 'means' | 'scales'>): Matrix {
  const width = scaling.means.length + 1;
  const values = new Float64Array(cases.length * width);
  for (const [row, { x }] of cases.entries()) values.set(standardise(scaling, x), row * width);
  return { values, labels: Float64Array.from(cases, (one) => (one.right ? 1 : 0)), width };
}

function fitScaling(rows: readonly (readonly (number | null)[])[]): Pick<LinearModel, 'means' | 'scales'> {
  const columns = Array.from({ length: rows[0]?.length ?? 0 }, (_, column) =>
    rows.map((row) => row[column] ?? null).filter((value) => value !== null),
  );
  const means = columns.map((values) => (values.length === 0 ? 0 : sum(values) / values.length));
  const scales = columns.map((values, column) => {
    const variance = sum(values.map((value) => (value - (means[column] ?? 0)) ** 2)) / Math.max(1, values.length);
    return variance > 1e-12 ? Math.sqrt(variance) : 1;
  });
  return { means, scales };
}

/** With a leading 1 for the intercept. */
function standardise({ means, scales }: Pick<LinearModel, 'means' | 'scales'>, x: readonly (number | null)[]) {
  return [1, ...means.map((mean, index) => ((x[index] ?? mean) - mean) / (scales[index] ?? 1))];
}

function penalisedLoss(beta: readonly number[], data: Matrix, penalty: number): number {
  let loss = (penalty / 2) * sum(beta.slice(1).map((weight) => weight ** 2));
  for (const [row, label] of data.labels.entries()) {
    const logit = logitOf(beta, data, row);
    loss += softplus(logit) - label * logit;
  }
  return loss;
}

/** `H^-1 g`, with the gradient and Hessian of the penalised loss. */
function newtonStep(beta: readonly number[], data: Matrix, penalty: number): number[] {
  const { values, width } = data;
  const gradient = Float64Array.from(beta, (weight, index) => (index === 0 ? 0 : penalty * weight));
  const hessian = new Float64Array(width * width);
  for (let i = 0; i < width; i++) hessian[i * width + i] = (i === 0 ? 0 : penalty) + 1e-9;
  for (const [row, label] of data.labels.entries()) {
    const probability = sigmoid(logitOf(beta, data, row));
    const curvature = probability * (1 - probability);
    for (let i = 0; i < width; i++) {
      const xi = values[row * width + i] ?? 0;
      gradient[i] = (gradient[i] ?? 0) + (probability - label) * xi;
      const cell = i * width;
      for (let j = 0; j < width; j++)
        hessian[cell + j] = (hessian[cell + j] ?? 0) + curvature * xi * (values[row * width + j] ?? 0);
    }
  }
  const lines = beta.map((_, i) => [...hessian.slice(i * width, (i + 1) * width)]);
  return solve(lines, [...gradient]);
}

function logitOf(beta: readonly number[], { values, width }: Matrix, row: number): number {
  let logit = 0;
  for (let i = 0; i < width; i++) logit += (beta[i] ?? 0) * (values[row * width + i] ?? 0);
  return logit;
}

/** Newton overshoots when the outcomes are nearly separable; half the step until the loss falls. */
function halveUntilBetter(beta: number[], step: number[], loss: number, lossOf: (beta: number[]) => number) {
  for (let share = 1; share > 1e-6; share /= 2) {
    const next = beta.map((value, index) => value - share * (step[index] ?? 0));
    const nextLoss = lossOf(next);
    if (nextLoss < loss) return { beta: next, loss: nextLoss };
  }
  return null;
}

/** Gaussian elimination with partial pivoting. The matrix is positive definite here. */
function solve(matrix: number[][], vector: number[]): number[] {
  const rows = matrix.map((row, index) => [...row, vector[index] ?? 0]);
  const size = rows.length;
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0;
  for (let pivot = 0; pivot < size; pivot++) {
    let best = pivot;
    for (let i = pivot + 1; i < size; i++) if (Math.abs(at(i, pivot)) > Math.abs(at(best, pivot))) best = i;
    [rows[pivot], rows[best]] = [rows[best] ?? [], rows[pivot] ?? []];
    for (let i = pivot + 1; i < size; i++) {
      const factor = at(i, pivot) / at(pivot, pivot);
      rows[i] = (rows[i] ?? []).map((value, j) => value - factor * at(pivot, j));
    }
  }
  const solution = new Array<number>(size).fill(0);
  for (let i = size - 1; i >= 0; i--) {
    let rest = at(i, size);
    for (let j = i + 1; j < size; j++) rest -= at(i, j) * (solution[j] ?? 0);
    solution[i] = rest / at(i, i);
  }
  return solution;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const dot = (a: readonly number[], b: readonly number[]) => sum(a.map((value, index) => value * (b[index] ?? 0)));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const sigmoid = (x: number) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
