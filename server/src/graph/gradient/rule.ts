/** What a gradient rule is: given the gradient of a node's first output, how to build that of each input. */
import type { GraphBuilder } from '../builder.ts';
import type { Node, OpName, Value } from '../ir.ts';

/** What a rule sees of its node. Only first outputs carry gradients: `TopK`'s second holds indices. */
export interface Backward<O extends OpName> {
  readonly b: GraphBuilder;
  readonly node: Node<O>;
  /** The node's inputs. */
  readonly x: readonly Value[];
  /** The node's first output. */
  readonly y: Value;
  /** Gradient with respect to y, float32 of y's shape. */
  readonly g: Value;
}

/** Builds one input's gradient, float32 of the input's shape, when it is wanted; null for indices and conditions. */
export type InputGradient = (() => Value) | null;

/** One entry per input. */
export type GradientRule<O extends OpName> = (backward: Backward<O>) => readonly InputGradient[];

/** A rule for every op; null where the result is whole numbers or truth values, through which no gradient flows. */
export type GradientRules = { readonly [O in OpName]: GradientRule<O> | null };
