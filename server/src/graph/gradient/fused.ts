/** Gradient rules of the fused ops but attention. */
import type { GraphBuilder } from '../builder.ts';
import {
  add,
  cast,
  meanLast,
  mul,
  reciprocal,
  reduceSum,
  reshape,
  scaleBy,
  sqrt,
  squaredNorm,
  sub,
  unsqueeze,
} from '../expr.ts';
import type { Value } from '../ir.ts';
import { scatterIntoZeros, unbroadcast } from './broadcast.ts';
import type { Backward, GradientRule, GradientRules } from './rule.ts';

/**
 * LayerNorm and RmsNorm: with n = centred / scale and h = g·gain, the gradient is (h − mean h − n·mean(h·n)) / scale,
 * without mean h for RMS. 1/√ is Reciprocal(Sqrt(Σx²/n + eps)): Pow is ten times as slow on the CPU.
 */
function norm(centre: boolean): GradientRule<'LayerNorm' | 'RmsNorm'> {
  return ({ b, node, x, g }: Backward<'LayerNorm' | 'RmsNorm'>) => {
    const [input, gain, bias] = x as [Value, Value, Value?];
    const width = input.shape.at(-1) as number;
    const centred = centre ? sub(b, input, meanLast(b, input)) : input;
    const variance = scaleBy(b, squaredNorm(b, centred), 1 / width);
    const inverse = reciprocal(b, sqrt(b, add(b, variance, b.scalar(node.attrs.eps))));
    const normalized = mul(b, centred, inverse);
    const gradients = [
      () => {
        const h = mul(b, g, gain);
        const along = mul(b, normalized, meanLast(b, mul(b, h, normalized)));
        const shifted = centre ? sub(b, h, meanLast(b, h)) : h;
        return mul(b, sub(b, shifted, along), inverse);
      },
      () => unbroadcast(b, mul(b, g, normalized), gain.shape),
    ];
    return bias ? [...gradients, () => unbroadcast(b, g, bias.shape)] : gradients;
  };
}

/** Above this share of active features one dense product is cheaper than gathering their rows. */
const DENSE_SHARE = 1 / 16;

/** Activations' gradient: g · W[index], [n, k]. */
function activationGradient(b: GraphBuilder, indices: Value, W: Value, g: Value): Value {
  const k = indices.shape[1] as number;
  const d_sae = W.shape[0] as number;
  if (k > d_sae * DENSE_SHARE) {
    const all = b.op('Gemm', [g, cast(b, W, 'float32')], { transA: false, transB: true });
    return b.op('GatherElements', [all, indices], { axis: 1 });
  }
  const rows = cast(b, b.op('Gather', [W, indices], { axis: 0 }), 'float32');
  return reshape(b, reduceSum(b, mul(b, rows, unsqueeze(b, g, 1)), [2]), indices.shape);
}

/** Rules by op. */
export const FUSED = {
  LayerNorm: norm(true),
  RmsNorm: norm(false),
  SparseDecode: ({ b, x, g }) => {
    const [acts, indices, W] = x as [Value, Value, Value];
    const weightGradient = (): Value => {
      // The weight's gradient is dense anyway, so a dense product of the codes makes it: faster than scattering rows.
      const codes = scatterIntoZeros(b, [acts.shape[0]!, W.shape[0]!], indices, acts, { axis: 1, reduction: 'add' });
      return b.op('Gemm', [codes, g], { transA: true, transB: false });
    };
    return [() => activationGradient(b, indices, W, g), null, weightGradient];
  },
} satisfies Partial<GradientRules>;
