/** Gradient rules of ops that work element by element. */
import type { GraphBuilder } from '../builder.ts';
import { add, cast, cos, div, exp, mul, neg, reciprocal, scaleBy, sin, sub, tanh, where } from '../expr.ts';
import type { Value } from '../ir.ts';
import { unbroadcast } from './broadcast.ts';
import type { Backward, GradientRule, GradientRules } from './rule.ts';

type UnaryOp = 'Neg' | 'Exp' | 'Log' | 'Sqrt' | 'Reciprocal' | 'Tanh' | 'Erf' | 'Sigmoid' | 'Relu' | 'Cos' | 'Sin';
type BinaryOp = 'Add' | 'Sub' | 'Mul' | 'Div' | 'Max' | 'Min';

const unary =
  (rule: (b: GraphBuilder, g: Value, x: Value, y: Value) => Value): GradientRule<UnaryOp> =>
  ({ b, x, y, g }) => [() => rule(b, g, x[0]!, y)];

const binary =
  (
    left: (backward: Backward<BinaryOp>) => Value,
    right: (backward: Backward<BinaryOp>) => Value,
  ): GradientRule<BinaryOp> =>
  (backward) =>
    [left, right].map((rule, i) => () => unbroadcast(backward.b, rule(backward), backward.x[i]!.shape));

/** Gradient of Max or Min: all of it to the operand that was taken, and to the first where both are equal. */
function choice(compare: 'GreaterOrEqual' | 'LessOrEqual'): GradientRule<BinaryOp> {
  const first = ({ b, x }: Backward<BinaryOp>): Value => b.op(compare, [x[0]!, x[1]!], {});
  return binary(
    (backward) => mask(backward.b, backward.g, first(backward)),
    (backward) => mask(backward.b, backward.g, backward.b.op('Not', [first(backward)], {})),
  );
}

/** g where the condition holds, else 0: a product, since Where is a slow kernel. */
function mask(b: GraphBuilder, g: Value, condition: Value): Value {
  return mul(b, g, cast(b, condition, 'float32'));
}

function oneMinus(b: GraphBuilder, x: Value): Value {
  return sub(b, b.scalar(1), x);
}

/** e^(−x²·rate). */
function gaussian(b: GraphBuilder, x: Value, rate: number): Value {
  return exp(b, scaleBy(b, mul(b, x, x), -rate));
}

/** Φ(x) + x·φ(x). */
function geluExact(b: GraphBuilder, x: Value): Value {
  const half = b.scalar(0.5);
  const cumulative = add(b, scaleBy(b, b.op('Erf', [scaleBy(b, x, Math.SQRT1_2)], {}), 0.5), half);
  return add(b, cumulative, scaleBy(b, mul(b, x, gaussian(b, x, 0.5)), 1 / Math.sqrt(2 * Math.PI)));
}

/** ½(1 + t) + ½x(1 − t²)u′ with t = tanh u and u = √(2/π)·(x + 0.044715x³). */
function geluTanh(b: GraphBuilder, x: Value): Value {
  const c = Math.sqrt(2 / Math.PI);
  const square = mul(b, x, x);
  const u = mul(b, x, add(b, scaleBy(b, square, 0.044715 * c), b.scalar(c)));
  const slope = add(b, scaleBy(b, square, 3 * 0.044715 * c), b.scalar(c));
  const t = tanh(b, u);
  const rise = mul(b, mul(b, x, slope), oneMinus(b, mul(b, t, t)));
  return scaleBy(b, add(b, add(b, t, b.scalar(1)), rise), 0.5);
}

/** Rules by op. */
export const ELEMENTWISE = {
  Neg: unary((b, g) => neg(b, g)),
  Exp: unary((b, g, _, y) => mul(b, g, y)),
  Log: unary((b, g, x) => div(b, g, x)),
  Sqrt: unary((b, g, _, y) => mul(b, g, scaleBy(b, reciprocal(b, y), 0.5))),
  Reciprocal: unary((b, g, _, y) => neg(b, mul(b, g, mul(b, y, y)))),
  Tanh: unary((b, g, _, y) => mul(b, g, oneMinus(b, mul(b, y, y)))),
  Erf: unary((b, g, x) => mul(b, g, scaleBy(b, gaussian(b, x, 1), 2 / Math.sqrt(Math.PI)))),
  Sigmoid: unary((b, g, _, y) => mul(b, g, mul(b, y, oneMinus(b, y)))),
  Relu: unary((b, g, _, y) => mask(b, g, b.op('Greater', [y, b.scalar(0)], {}))),
  Cos: unary((b, g, x) => neg(b, mul(b, g, sin(b, x)))),
  Sin: unary((b, g, x) => mul(b, g, cos(b, x))),
  Gelu: ({ b, node, x, g }) => [
    () => mul(b, g, node.attrs.approximate === 'tanh' ? geluTanh(b, x[0]!) : geluExact(b, x[0]!)),
  ],
  // Gradients stay float32 on their way to a value stored in half precision.
  Cast: ({ g }) => [() => g],
  Add: binary(
    ({ g }) => g,
    ({ g }) => g,
  ),
  Sub: binary(
    ({ g }) => g,
    ({ b, g }) => neg(b, g),
  ),
  Mul: binary(
    ({ b, g, x }) => mul(b, g, x[1]!),
    ({ b, g, x }) => mul(b, g, x[0]!),
  ),
  Div: binary(
    ({ b, g, x }) => div(b, g, x[1]!),
    ({ b, g, x, y }) => neg(b, mul(b, g, div(b, y, x[1]!))),
  ),
  Max: choice('GreaterOrEqual'),
  Min: choice('LessOrEqual'),
  Where: ({ b, x, g }) => [
    null,
    () => unbroadcast(b, where(b, x[0]!, g, b.scalar(0)), x[1]!.shape),
    () => unbroadcast(b, where(b, x[0]!, b.scalar(0), g), x[2]!.shape),
  ],
  Not: null,
  Greater: null,
  GreaterOrEqual: null,
  Less: null,
  LessOrEqual: null,
  Equal: null,
  And: null,
  Or: null,
} satisfies Partial<GradientRules>;
