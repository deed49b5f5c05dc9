/** Graph → ONNX program. File constants become external initializers, so no weight is read or copied here. */
import { dirname, relative, sep } from 'node:path';
import type { TypedArray } from '../core/dtype.ts';
import type { ProgramMemory, SizedProgram } from '../core/runner.ts';
import { sizeOf, type TensorSource } from '../core/tensor.ts';
import { atOnce, type Pieces } from '../core/turn.ts';
import type { Graph, Value } from './ir.ts';
import { lowerGraph, type Target } from './lower.ts';
import { encodeModel, type OnnxNode, type OnnxTensor } from './onnx-proto.ts';
import { prune } from './prune.ts';
import { verify } from './verify.ts';

/** Prunes, verifies, lowers and encodes a graph. */
export function serialize(...graph: Parameters<typeof serializeInPieces>): SizedProgram {
  return atOnce(serializeInPieces(...graph));
}

/** The same where others wait for the event loop. */
export function* serializeInPieces(
  graph: Graph,
  label: string,
  target: Target,
  keepInputs: readonly string[] = [],
): Pieces<SizedProgram> {
  // The builder has checked every node that it made.
  const pruned = prune(graph, keepInputs);
  yield;
  const live = verify(pruned, 'prune');
  yield;
  const { nodes, literals } = lowerGraph(live, target);
  yield;
  const paths = live.constants.flatMap(({ source }) => (source.kind === 'file' ? [source.path] : []));
  const folder = commonFolder([...new Set(paths)]);
  const locations = new Map<string, string>();
  const locate = (path: string): string => {
    const known = locations.get(path) ?? locationOf(path, folder);
    locations.set(path, known);
    return known;
  };
  const initializers = [
    ...live.constants.map(({ value, source }) => initializer(value.name, source, locate)),
    ...[...literals].map(([name, tensor]) => initializer(name, { kind: 'memory', ...tensor }, locate)),
  ];
  // An output may be an input or a constant, or be asked for under two names: an Identity gives each its own.
  const aliases: OnnxNode[] = live.outputs.map(({ name, value }) => ({
    opType: 'Identity',
    domain: '',
    inputs: [value.name],
    outputs: [name],
    attributes: {},
  }));
  const bytes = encodeModel({
    name: label,
    nodes: [...nodes, ...aliases],
    initializers,
    inputs: live.inputs,
    outputs: live.outputs.map(({ name, value }) => ({ name, dtype: value.dtype, shape: value.shape })),
  });
  return { bytes, label, memory: predictMemory(live), ...(folder === null ? {} : { folder }) };
}

/**
 * ONNX Runtime widens half constants where a Cast follows at once, and packs constants that it multiplies by; a widened
 * one that is packed is freed again.
 */
function predictMemory(graph: Graph): ProgramMemory {
  const sizes = new Map<Value, number>(graph.constants.map(({ value, source }) => [value, sizeOf(source.shape) * 4]));
  const widened = new Map<Value, number>();
  const multiplied = new Map<Value, number>();
  for (const { op, inputs, outputs } of graph.nodes) {
    const size = sizes.get(inputs[0] ?? outputs[0]!);
    if (op === 'Cast' && size !== undefined) widened.set(outputs[0]!, size);
    const factor = inputs[1];
    const factorSize = factor && (sizes.get(factor) ?? widened.get(factor));
    if ((op === 'Gemm' || op === 'MatMul') && factorSize) multiplied.set(factor, factorSize);
  }
  const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
  const held = sum(graph.constants.map(({ value, source }) => (source.kind === 'memory' ? sizes.get(value)! : 0)));
  const onlyWidened = [...widened].filter(([value]) => !multiplied.has(value)).map(([, size]) => size);
  return { mapped: held + sum(widened.values()), packed: held + sum(onlyWidened) + sum(multiplied.values()) };
}

function initializer(name: string, source: TensorSource, locate: (path: string) => string): OnnxTensor {
  const { dtype, shape } = source;
  if (source.kind === 'memory') return { name, dtype, shape, data: bytesOf(source.data) };
  return { name, dtype, shape, data: { location: locate(source.path), offset: source.offset, length: source.length } };
}

/** A file's place as ONNX Runtime wants it. */
function locationOf(path: string, folder: string | null): string {
  return relative(folder ?? dirname(path), path)
    .split(sep)
    .join('/');
}

function bytesOf(data: TypedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Deepest folder that holds every path; null when there are none. */
function commonFolder(paths: readonly string[]): string | null {
  let common: string[] | null = null;
  for (const path of paths) {
    const parts = dirname(path).split(sep);
    const shared: string[] = common ?? parts;
    let length = 0;
    while (length < shared.length && shared[length] === parts[length]) length++;
    common = shared.slice(0, length);
  }
  if (common === null) return null;
  return common.join(sep) || sep;
}
