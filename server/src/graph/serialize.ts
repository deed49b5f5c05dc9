/** Graph → ONNX program. File constants become external initializers, so no weight is read or copied here. */
import { dirname, relative, sep } from 'node:path';
import type { TypedArray } from '../core/dtype.ts';
import type { Program } from '../core/runner.ts';
import type { TensorSource } from '../core/tensor.ts';
import type { Graph } from './ir.ts';
import { lowerGraph, type Target } from './lower.ts';
import { encodeModel, type OnnxNode, type OnnxTensor } from './onnx-proto.ts';
import { prune } from './prune.ts';
import { verify } from './verify.ts';

/** Prunes, verifies, lowers and encodes a graph. */
export function serialize(graph: Graph, label: string, target: Target, keepInputs: readonly string[] = []): Program {
  const live = verify(prune(verify(graph, 'build'), keepInputs), 'prune');
  const { nodes, literals } = lowerGraph(live, target);
  const folder = commonFolder(live.constants.flatMap(({ source }) => (source.kind === 'file' ? [source.path] : [])));
  const initializers = [
    ...live.constants.map(({ value, source }) => initializer(value.name, source, folder)),
    ...[...literals].map(([name, tensor]) => initializer(name, { kind: 'memory', ...tensor }, folder)),
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
  return { bytes, label, ...(folder === null ? {} : { folder }) };
}

function initializer(name: string, source: TensorSource, folder: string | null): OnnxTensor {
  const { dtype, shape } = source;
  if (source.kind === 'memory') return { name, dtype, shape, data: bytesOf(source.data) };
  const location = relative(folder ?? dirname(source.path), source.path)
    .split(sep)
    .join('/');
  return { name, dtype, shape, data: { location, offset: source.offset, length: source.length } };
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
