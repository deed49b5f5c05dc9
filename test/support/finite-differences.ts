/** Gradients held against central differences along random directions, in the float64 interpreter. */
import type { Tensor } from '../../server/src/core/tensor.ts';
import type { Graph, Value } from '../../server/src/graph/ir.ts';
import { prune } from '../../server/src/graph/prune.ts';
import { interpret } from './interpreter.ts';
import { type NdArray, ndArray } from './interpreter-array.ts';
import { seededRandom } from './random.ts';

/** Length of a step: small against the curvature of small random models, large against rounding in float64. */
const STEP = 3e-4;
const DIRECTIONS = 4;

/** The values whose gradients are off by more than a tolerance; none when all are right. */
export function wrongDirections(
  graph: Graph,
  feeds: Readonly<Record<string, Tensor>>,
  scalar: Value,
  gradients: ReadonlyMap<Value, Value>,
  tolerance: number,
  directions = DIRECTIONS,
): { readonly value: string; readonly error: number }[] {
  return directionalErrors(graph, feeds, scalar, gradients, directions).filter(({ error }) => !(error < tolerance));
}

/**
 * For each value (input, constant or intermediate) and several random directions u of unit length: the slope along u by
 * differences of fourth order less ⟨g, u⟩, relative to |g| / √n, about what ⟨g, u⟩ is. A direction moves every element,
 * so a gradient that is wrong in one of them shows. Where g is zero the error is absolute.
 */
function directionalErrors(
  graph: Graph,
  feeds: Readonly<Record<string, Tensor>>,
  scalar: Value,
  gradients: ReadonlyMap<Value, Value>,
  directions: number,
): { readonly value: string; readonly error: number }[] {
  const exact = interpret(graph, feeds);
  const forward = prune({ ...graph, outputs: [{ name: 'scalar', value: scalar }] });
  const random = seededRandom(3);
  return [...gradients].map(([value, gradient]) => {
    const g = exact.get(gradient);
    const scale = Math.sqrt(dot(g, g) / g.data.length) || 1;
    const errors = Array.from({ length: directions }, () => {
      const u = unit(g.shape, random.normal);
      const at = (step: number): number => {
        const moved = (x: NdArray): NdArray =>
          ndArray(
            x.shape,
            x.data.map((v, i) => v + step * u.data[i]!),
          );
        return interpret(forward, feeds, { replace: new Map([[value, moved]]) }).get(scalar).data[0]!;
      };
      const slope = (8 * (at(STEP) - at(-STEP)) - (at(2 * STEP) - at(-2 * STEP))) / (12 * STEP);
      return Math.abs(slope - dot(g, u)) / scale;
    });
    return { value: value.name, error: Math.max(...errors) };
  });
}

function unit(shape: readonly number[], normal: () => number): NdArray {
  const u = ndArray(shape, ndArray(shape).data.map(normal));
  const length = Math.sqrt(dot(u, u));
  return ndArray(
    shape,
    u.data.map((v) => v / length),
  );
}

function dot(a: NdArray, b: NdArray): number {
  return a.data.reduce((sum, v, i) => sum + v * b.data[i]!, 0);
}
