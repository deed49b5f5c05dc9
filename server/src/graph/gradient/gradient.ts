/**
 * Reverse-mode differentiation as a pass over the graph: appends the nodes that compute a scalar's gradient.
 *
 * Invariants: only nodes on a path from `wrt` to the scalar are visited, so the gradients of activations never pay for
 * those of weights; a gradient has its value's shape and is float32, also where the value is stored in half precision; what is used
 * several times gets the sum. Nodes that a
 * rule shares between inputs may be left unread: `prune` drops them. Deliberately absent: rules of the caller's own, and
 * gradients through a second output (no op has two differentiable ones).
 */
import { fault } from '../../core/errors.ts';
import { float32 } from '../../core/tensor.ts';
import type { GraphBuilder } from '../builder.ts';
import { add } from '../expr.ts';
import { type Node, type OpName, productDim, type Value } from '../ir.ts';
import { attentionInParts } from './attention.ts';
import { zeros } from './broadcast.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { FUSED } from './fused.ts';
import { LOOKUP } from './lookup.ts';
import { PRODUCTS } from './products.ts';
import { REDUCTIONS } from './reductions.ts';
import type { GradientRule, GradientRules } from './rule.ts';
import { SHAPE } from './shape.ts';

/**
 * ∂of/∂w for each w of `wrt`, in its order, float32 of w's shape; zeros where the scalar does not depend on it.
 * `of` has one element; `wrt` may be any floating-point values of the graph: hooks, constants, inputs.
 */
export function gradient(b: GraphBuilder, of: Value, wrt: readonly Value[]): Value[] {
  if (productDim(of.shape) !== 1) fault(`gradients are of scalars, not of [${of.shape}]`);
  for (const value of wrt) if (!isFloat(value)) fault(`${value.name} is ${value.dtype}: it has no gradient`);
  const one = b.literal(float32(of.shape as number[], [1]));
  return backward(b, b.finish().nodes, of, one, wrt);
}

/** Sends a gradient of `of` back through `nodes` to `wrt`. */
function backward(b: GraphBuilder, nodes: readonly Node[], of: Value, seed: Value, wrt: readonly Value[]): Value[] {
  const onPath = dependents(nodes, wrt);
  const gradients = new Map<Value, Value>([[of, seed]]);
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!;
    const y = node.outputs[0]!;
    const g = gradients.get(y);
    if (!g || !node.inputs.some((value) => onPath.has(value))) continue;
    inputGradients(b, node, y, g, onPath).forEach((made, j) => {
      if (made === null) return;
      const known = gradients.get(node.inputs[j]!);
      gradients.set(node.inputs[j]!, known ? add(b, known, made) : made);
    });
  }
  return wrt.map((value) => gradients.get(value) ?? zeros(b, value.shape));
}

/** Gradients of the inputs that lie on a path; null for the others. */
function inputGradients(
  b: GraphBuilder,
  node: Node,
  y: Value,
  g: Value,
  onPath: ReadonlySet<Value>,
): readonly (Value | null)[] {
  const rule = RULES[node.op] as GradientRule<OpName> | null;
  if (rule === null) return fault(`${node.op} makes ${y.dtype}, through which no gradient flows`);
  const builds = rule({ b, node, x: node.inputs, y, g });
  return builds.map((build, j) => (onPath.has(node.inputs[j]!) ? (build?.() ?? null) : null));
}

const RULES: GradientRules = {
  ...ELEMENTWISE,
  ...PRODUCTS,
  ...REDUCTIONS,
  ...SHAPE,
  ...LOOKUP,
  ...FUSED,
  Attention: ({ b, node, g }) => {
    const before = b.finish().nodes.length;
    const z = attentionInParts(b, node.inputs, node.attrs);
    const made = backward(b, b.finish().nodes.slice(before), z, g, node.inputs);
    return made.map((value) => () => value);
  },
};

/** Values that depend on `wrt` through floating-point values, `wrt` included. */
function dependents(nodes: readonly Node[], wrt: readonly Value[]): ReadonlySet<Value> {
  const found = new Set<Value>(wrt);
  for (const node of nodes) {
    const y = node.outputs[0]!;
    if (isFloat(y) && node.inputs.some((value) => found.has(value))) found.add(y);
  }
  return found;
}

function isFloat(value: Value): boolean {
  return value.dtype.includes('float');
}
