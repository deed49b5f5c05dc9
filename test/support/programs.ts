/** Small programs for the runtime's tests, written as ONNX bytes. */
import type { DType } from '../../server/src/core/dtype.ts';
import type { Program } from '../../server/src/core/runner.ts';
import { encodeModel, type OnnxAttribute, type OnnxNode, type OnnxTensor } from '../../server/src/graph/onnx-proto.ts';

type Value = readonly [name: string, dtype: DType, shape: readonly (number | string)[]];

/** A node: operator, inputs, outputs, attributes. */
export function node(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, OnnxAttribute>> = {},
): OnnxNode {
  return { opType, domain: '', inputs, outputs, attributes };
}

/** A program from its nodes, inputs, outputs and initializers. */
export function program(
  label: string,
  parts: { nodes: OnnxNode[]; inputs: Value[]; outputs: Value[]; initializers?: OnnxTensor[]; folder?: string },
): Program {
  const values = (list: Value[]) => list.map(([name, dtype, shape]) => ({ name, dtype, shape }));
  const bytes = encodeModel({
    name: 'test',
    nodes: parts.nodes,
    initializers: parts.initializers ?? [],
    inputs: values(parts.inputs),
    outputs: values(parts.outputs),
  });
  return { bytes, label, ...(parts.folder === undefined ? {} : { folder: parts.folder }) };
}

/** `c = a·b` with a [rows, 4] and b [4, rows], float32; `rows` is symbolic. */
export function productProgram(): Program {
  return program('product', {
    nodes: [node('MatMul', ['a', 'b'], ['c'])],
    inputs: [
      ['a', 'float32', ['rows', 4]],
      ['b', 'float32', [4, 'rows']],
    ],
    outputs: [['c', 'float32', ['rows', 'rows']]],
  });
}

/** Gives its input [n] back, in the dtype named. */
export function identityProgram(dtype: DType): Program {
  return program(`identity ${dtype}`, {
    nodes: [node('Identity', ['x'], ['y'])],
    inputs: [['x', dtype, ['n']]],
    outputs: [['y', dtype, ['n']]],
  });
}

/** Sum of a chain of dense products of [size, size] matrices: `shape` int64 [2] says how long it takes. */
export function slowProgram(): Program {
  const products = Array.from({ length: 40 }, (_, i) => node('MatMul', [`m${i}`, 'm0'], [`m${i + 1}`]));
  return program('slow', {
    nodes: [node('Expand', ['x', 'shape'], ['m0']), ...products, node('ReduceMax', ['m40'], ['y'], NO_KEEP)],
    inputs: [
      ['x', 'float32', [1, 1]],
      ['shape', 'int64', [2]],
    ],
    outputs: [['y', 'float32', []]],
  });
}

const NO_KEEP = { keepdims: { kind: 'int', value: 0 } } as const;
