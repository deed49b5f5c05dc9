/** Gradient rules of matrix products. */
import type { GraphBuilder } from '../builder.ts';
import { matmul, reduceSum, reshape, rows, transpose } from '../expr.ts';
import type { Value } from '../ir.ts';
import { unbroadcast } from './broadcast.ts';
import type { GradientRules } from './rule.ts';

function gemm(b: GraphBuilder, left: Value, right: Value, transA: boolean, transB: boolean): Value {
  return b.op('Gemm', [left, right], { transA, transB });
}

/** Swaps the last two axes. */
function transposed(b: GraphBuilder, x: Value): Value {
  const rank = x.shape.length;
  return transpose(b, x, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
}

/** Rules by op. Each product is spelled so that no operand of a Gemm is transposed in memory. */
export const PRODUCTS = {
  MatMul: ({ b, x, g }) => {
    const [left, right] = x as [Value, Value];
    // One matrix for all batches: rows of all of them go through one Gemm, and nothing per batch is summed.
    if (right.shape.length === 2) {
      return [
        () => reshape(b, gemm(b, rows(b, g), right, false, true), left.shape),
        () => gemm(b, rows(b, left), rows(b, g), true, false),
      ];
    }
    return [
      () => unbroadcast(b, matmul(b, g, transposed(b, right)), left.shape),
      () => unbroadcast(b, matmul(b, transposed(b, left), g), right.shape),
    ];
  },
  Gemm: ({ b, node, x, g }) => {
    const { transA, transB } = node.attrs;
    const [left, right, bias] = x as [Value, Value, Value?];
    const gradients = [
      () => (transA ? gemm(b, right, g, transB, true) : gemm(b, g, right, false, !transB)),
      () => (transB ? gemm(b, g, left, true, transA) : gemm(b, left, g, !transA, false)),
    ];
    return bias ? [...gradients, () => reshape(b, reduceSum(b, g, [0]), bias.shape)] : gradients;
  },
} satisfies Partial<GradientRules>;
