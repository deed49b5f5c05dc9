/** Small dense float64 linear algebra for probes: row-major matrices of a few hundred columns. */
import { SondeError } from '../../core/errors.ts';

/**
 * Solves A·X = B for a symmetric positive definite A [d, d] and B [d, m] by Cholesky factors; A and B stay as they are.
 * @throws invalid-params when A is not positive definite: add a penalty to its diagonal.
 */
export function solveSymmetric(A: Float64Array, B: Float64Array, d: number, m: number): Float64Array {
  const L = Float64Array.from(A);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = L[i * d + j]!;
      for (let k = 0; k < j; k++) sum -= L[i * d + k]! * L[j * d + k]!;
      if (i !== j) L[i * d + j] = sum / L[j * d + j]!;
      else if (sum > 0) L[i * d + i] = Math.sqrt(sum);
      else throw new SondeError('invalid-params', `The matrix is not positive definite (pivot ${i} is ${sum}).`);
    }
  }
  const X = Float64Array.from(B);
  for (let i = 0; i < d; i++) eliminate(i, 0, i, (k) => L[i * d + k]!);
  for (let i = d - 1; i >= 0; i--) eliminate(i, i + 1, d, (k) => L[k * d + i]!);
  return X;

  function eliminate(i: number, from: number, to: number, factor: (k: number) => number): void {
    for (let k = from; k < to; k++) {
      const weight = factor(k);
      for (let c = 0; c < m; c++) X[i * m + c]! -= weight * X[k * m + c]!;
    }
    for (let c = 0; c < m; c++) X[i * m + c]! /= L[i * d + i]!;
  }
}

/** Mean and standard deviation of each column of rows [n, d]; a constant column gets deviation 1. */
export function columnMoments(rows: ArrayLike<number>, d: number): { mean: Float64Array; deviation: Float64Array } {
  const n = rows.length / d;
  const mean = new Float64Array(d);
  const deviation = new Float64Array(d);
  for (let start = 0; start < rows.length; start += d) {
    for (let j = 0; j < d; j++) mean[j]! += rows[start + j]! / n;
  }
  for (let start = 0; start < rows.length; start += d) {
    for (let j = 0; j < d; j++) deviation[j]! += (rows[start + j]! - mean[j]!) ** 2 / n;
  }
  for (let j = 0; j < d; j++) deviation[j] = deviation[j]! > 1e-24 ? Math.sqrt(deviation[j]!) : 1;
  return { mean, deviation };
}

/** Σ rowᵀ·row of rows [n, d] about a mean: the scatter matrix [d, d]. */
export function scatter(rows: ArrayLike<number>, d: number, mean: Float64Array): Float64Array {
  const sum = new Float64Array(d * d);
  const row = new Float64Array(d);
  for (let start = 0; start < rows.length; start += d) {
    for (let j = 0; j < d; j++) row[j] = rows[start + j]! - mean[j]!;
    for (let i = 0; i < d; i++) {
      const x = row[i]!;
      for (let j = 0; j <= i; j++) sum[i * d + j]! += x * row[j]!;
    }
  }
  for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) sum[j * d + i] = sum[i * d + j]!;
  return sum;
}

/**
 * Eigenvectors of a symmetric matrix [d, d], rows of the result in descending order of eigenvalue.
 * Cyclic Jacobi rotations (Golub and Van Loan, Matrix Computations, 4th edition, algorithm 8.5.2).
 */
export function symmetricEigenvectors(
  matrix: Float64Array,
  d: number,
): { values: Float64Array; vectors: Float64Array } {
  const A = Float64Array.from(matrix);
  const V = new Float64Array(d * d);
  for (let i = 0; i < d; i++) V[i * d + i] = 1;
  let trace = 0;
  for (let i = 0; i < d; i++) trace += Math.abs(A[i * d + i]!);
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    for (let p = 0; p < d; p++) for (let q = p + 1; q < d; q++) off += Math.abs(A[p * d + q]!);
    if (off <= 1e-12 * trace) break;
    for (let p = 0; p < d; p++) for (let q = p + 1; q < d; q++) rotate(p, q);
  }
  const order = Array.from({ length: d }, (_, i) => i).sort((a, b) => A[b * d + b]! - A[a * d + a]!);
  const vectors = new Float64Array(d * d);
  order.forEach((from, to) => {
    vectors.set(V.subarray(from * d, (from + 1) * d), to * d);
  });
  return { values: Float64Array.from(order, (i) => A[i * d + i]!), vectors };

  function rotate(p: number, q: number): void {
    const apq = A[p * d + q]!;
    if (Math.abs(apq) < 1e-300) return;
    const theta = (A[q * d + q]! - A[p * d + p]!) / (2 * apq);
    const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
    const c = 1 / Math.sqrt(t * t + 1);
    const s = t * c;
    for (let k = 0; k < d; k++) [A[k * d + p], A[k * d + q]] = turned(A[k * d + p]!, A[k * d + q]!);
    for (let k = 0; k < d; k++) [A[p * d + k], A[q * d + k]] = turned(A[p * d + k]!, A[q * d + k]!);
    for (let k = 0; k < d; k++) [V[p * d + k], V[q * d + k]] = turned(V[p * d + k]!, V[q * d + k]!);

    function turned(x: number, y: number): [number, number] {
      return [c * x - s * y, s * x + c * y];
    }
  }
}
