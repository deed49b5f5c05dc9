/** The MLP, plain or gated. */

import { fault } from '../../core/errors.ts';
import { hookAt } from '../../core/hook-name.ts';
import type { Activation } from '../../model/spec.ts';
import type { GraphBuilder } from '../builder.ts';
import { mul, relu, sigmoid } from '../expr.ts';
import type { Value } from '../ir.ts';
import type { BlockContext } from './context.ts';
import { linear } from './linear.ts';

/** Normalised input [batch, pos, d_model] → raw MLP output, before any post norm. */
export function mlp(ctx: BlockContext, x: Value, layer: number): Value {
  const { b, hooks, spec } = ctx;
  const { mlp: weights } = spec.layers[layer] ?? fault(`no layer ${layer}`);
  const input = hooks.at(hookAt(layer, 'mlp.hook_in'), x);
  const first = weights.kind === 'plain' ? weights.in : weights.gate;
  const pre = hooks.at(hookAt(layer, 'mlp.hook_pre'), linear(ctx, input, first));
  let post = activate(b, pre, spec.activation);
  if (weights.kind === 'gated') {
    post = mul(b, post, hooks.at(hookAt(layer, 'mlp.hook_pre_linear'), linear(ctx, input, weights.up)));
  }
  post = hooks.at(hookAt(layer, 'mlp.hook_post'), post);
  const out = linear(ctx, post, weights.kind === 'plain' ? weights.out : weights.down);
  return hooks.at(hookAt(layer, 'mlp.hook_out'), out);
}

function activate(b: GraphBuilder, x: Value, activation: Activation): Value {
  switch (activation) {
    case 'gelu':
      return b.op('Gelu', [x], { approximate: 'none' });
    case 'gelu_tanh':
      return b.op('Gelu', [x], { approximate: 'tanh' });
    case 'silu':
      return mul(b, x, sigmoid(b, x));
    case 'relu':
      return relu(b, x);
  }
}
