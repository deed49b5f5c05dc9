/**
 * Appends nodes to a growing graph; shapes are inferred and checked as each node is made, so a wrong wiring fails at
 * the line that made it.
 */
import type { DType } from '../core/dtype.ts';
import { fault } from '../core/errors.ts';
import { float32, int64, type Tensor, type TensorSource } from '../core/tensor.ts';
import { inferOutputs } from './infer.ts';
import type { Constant, Graph, GraphOutput, Node, OpAttributes, OpName, Shape, SymbolOrigin, Value } from './ir.ts';

/** Grows one graph. Invariant: `nodes` stays topological, since an op takes values that exist already. */
export interface GraphBuilder {
  /** Declares an input; a symbol in its shape that is new is read from here at run time. */
  input(name: string, dtype: DType, shape: Shape): Value;
  /** A fixed tensor by file range or memory; the same name gives the same value. */
  constant(name: string, source: TensorSource): Value;
  /** A small fixed tensor. */
  literal(tensor: Tensor): Value;
  /** A float32 scalar, shape []. */
  scalar(value: number): Value;
  /** Appends an op with one output. */
  op<O extends OpName>(op: O, inputs: readonly Value[], attrs: OpAttributes[O]): Value;
  /** Appends an op with several outputs. */
  ops<O extends OpName>(op: O, inputs: readonly Value[], attrs: OpAttributes[O]): readonly Value[];
  /** Names a result. */
  output(name: string, value: Value): void;
  /** The graph so far. */
  finish(): Graph;
}

/** An empty graph, or one that continues an existing graph without changing it. */
export function graphBuilder(base?: Graph): GraphBuilder {
  const inputs: Value[] = [...(base?.inputs ?? [])];
  const constants = new Map<string, Constant>(base?.constants.map((entry) => [entry.value.name, entry]));
  const nodes: Node[] = [...(base?.nodes ?? [])];
  const outputs: GraphOutput[] = [...(base?.outputs ?? [])];
  const symbols = new Map<string, SymbolOrigin>(base?.symbols);
  let counter = freeNumber([
    ...constants.keys(),
    ...nodes.flatMap(({ outputs: made }) => made.map(({ name }) => name)),
  ]);

  function ops<O extends OpName>(op: O, args: readonly Value[], attrs: OpAttributes[O]): readonly Value[] {
    const made = inferOutputs(op, args, attrs).map(({ dtype, shape }) => ({
      name: `${op}_${counter++}`,
      dtype,
      shape,
    }));
    nodes.push({ op, inputs: args, outputs: made, attrs });
    made.forEach(noteSymbols);
    return made;
  }

  function noteSymbols(value: Value): void {
    value.shape.forEach((dim, axis) => {
      if (typeof dim === 'string' && !dim.includes('*') && !symbols.has(dim)) symbols.set(dim, { value, axis });
    });
  }

  const builder: GraphBuilder = {
    input(name, dtype, shape) {
      const value = { name, dtype, shape };
      if (inputs.some((input) => input.name === name)) fault(`input ${name} declared twice`);
      inputs.push(value);
      noteSymbols(value);
      return value;
    },
    constant(name, source) {
      const known = constants.get(name);
      if (known) return known.value;
      const value = { name, dtype: source.dtype, shape: source.shape };
      constants.set(name, { value, source });
      return value;
    },
    literal(tensor) {
      const key = `${tensor.dtype}[${tensor.shape}]${tensor.data.length <= 16 ? `:${[...tensor.data].join()}` : `#${counter++}`}`;
      const name = `literal:${key}`;
      return builder.constant(name, { kind: 'memory', ...tensor });
    },
    scalar: (value) => builder.literal(float32([], [value])),
    op(op, args, attrs) {
      const made = ops(op, args, attrs);
      return made.length === 1 ? made[0]! : fault(`${op} has ${made.length} outputs`);
    },
    ops,
    output(name, value) {
      if (outputs.some((entry) => entry.name === name)) fault(`output ${name} declared twice`);
      outputs.push({ name, value });
    },
    finish: () => ({
      inputs: [...inputs],
      constants: [...constants.values()],
      nodes: [...nodes],
      outputs: [...outputs],
      symbols: new Map(symbols),
    }),
  };
  return builder;
}

/** A number above those that names end with: passes may have dropped nodes, so counting them would repeat a name. */
function freeNumber(names: readonly string[]): number {
  return names.reduce((free, name) => Math.max(free, 1 + Number(/[_#](\d+)$/.exec(name)?.[1] ?? -1)), 0);
}

/** int64 literal of a vector. */
export function int64Literal(b: GraphBuilder, values: readonly number[]): Value {
  return b.literal(int64([values.length], values));
}
