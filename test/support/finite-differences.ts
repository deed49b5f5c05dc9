/** Gradients held against central differences along random directions, in the float64 interpreter. */
import type { Tensor } from '../../server/src/core/tensor.ts';
import type { Graph, Value } from '../../server/src/graph/ir.ts';
import { prune } from '../../server/src/graph/prune.ts';
import { interpret } from './interpreter.ts';
import { type NdArray, ndArray } from './interpreter-array.ts';
import { seededRandom } from './random.ts';

const STEP = 1e-5;
const DIRECTIONS = 4;

/** The values whose gradients are off by more than a tolerance; none when all are right. */
export function wrongDirections(
  graph: Graph,
  feeds: Readonly<Record<string, Tensor>>,
  scalar: Value,
  gradients: ReadonlyMap<Value, Value>,
  tolerance: number,
): { readonly value: string; readonly error: number }[] {
  return directionalErrors(graph, feeds, scalar, gradients).filter(({ error }) => !(error < tolerance));
}

/**
 * For each value (input, constant or intermediate) and several random directions u:
 * |⟨g, u⟩ − (f(x + hu) − f(x − hu)) / 2h|, relative to the length of g, about what ⟨g, u⟩ is. A direction moves every
 * element, so a gradient that is wrong in one of them shows. Where g is zero the error is absolute.
 */
function directionalErrors(
  graph: Graph,
  feeds: Readonly<Record<string, Tensor>>,
  scalar: Value,
  gradients: ReadonlyMap<Value, Value>,
): { readonly value: string; readonly error: number }[] {
  const exact = interpret(graph, feeds);
  const forward = prune({ ...graph, outputs: [{ name: 'scalar', value: scalar }] });
  const random = seededRandom(3);
  return [...gradients].map(([value, gradient]) => {
    const g = exact.get(gradient);
    const scale = Math.sqrt(dot(g, g)) || 1;
    const errors = Array.from({ length: DIRECTIONS }, () => {
      const u = ndArray(g.shape, g.data.map(random.normal));
      const at = (step: number): number => {
        const moved = (x: NdArray): NdArray =>
          ndArray(
            x.shape,
            x.data.map((v, i) => v + step * u.data[i]!),
          );
        return interpret(forward, feeds, { replace: new Map([[value, moved]]) }).get(scalar).data[0]!;
      };
      const slope = (at(STEP) - at(-STEP)) / (2 * STEP);
      return Math.abs(slope - dot(g, u)) / scale;
    });
    return { value: value.name, error: Math.max(...errors) };
  });
}

function dot(a: NdArray, b: NdArray): number {
  return a.data.reduce((sum, v, i) => sum + v * b.data[i]!, 0);
}
