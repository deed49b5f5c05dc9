/**
 * The few ONNX messages that a program needs, written with protobuf's wire format.
 * Source: onnx.proto of ONNX 1.16 (IR version 10); field numbers stand beside each write.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { DType } from '../core/dtype.ts';
import type { Dim, Shape } from './ir.ts';

/** An attribute value; numbers are INT when declared so by `int`, else FLOAT. */
export type OnnxAttribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'graph'; readonly value: OnnxGraph };

export interface OnnxNode {
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** An initializer: inline bytes, or a range of a file given relative to the session's folder. */
export interface OnnxTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Uint8Array | { readonly location: string; readonly offset: number; readonly length: number };
}

export interface OnnxValue {
  readonly name: string;
  readonly dtype: DType;
  /** Absent in subgraphs, where the types are inferred. */
  readonly shape?: Shape;
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

const IR_VERSION = 10;
const OPSETS = [
  ['', 21],
  ['com.microsoft', 1],
] as const;

/** TensorProto.DataType numbers. */
export const DATA_TYPE: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
};

/** Serialises a ModelProto. */
export function encodeModel(graph: OnnxGraph): Uint8Array {
  const w = new BinaryWriter();
  w.uint32(tag(1, WireType.Varint)).int64(IR_VERSION);
  text(w, 2, 'sonde');
  message(w, 7, () => writeGraph(w, graph));
  for (const [domain, version] of OPSETS) {
    message(w, 8, () => {
      text(w, 1, domain);
      w.uint32(tag(2, WireType.Varint)).int64(version);
    });
  }
  return w.finish();
}

function writeGraph(w: BinaryWriter, graph: OnnxGraph): void {
  for (const node of graph.nodes) message(w, 1, () => writeNode(w, node));
  text(w, 2, graph.name);
  for (const tensor of graph.initializers) message(w, 5, () => writeTensor(w, tensor));
  for (const input of graph.inputs) message(w, 11, () => writeValueInfo(w, input));
  for (const output of graph.outputs) message(w, 12, () => writeValueInfo(w, output));
}

function writeNode(w: BinaryWriter, node: OnnxNode): void {
  for (const input of node.inputs) text(w, 1, input);
  for (const output of node.outputs) text(w, 2, output);
  text(w, 4, node.opType);
  for (const [name, attribute] of Object.entries(node.attributes))
    message(w, 5, () => writeAttribute(w, name, attribute));
  if (node.domain !== '') text(w, 7, node.domain);
}

function writeAttribute(w: BinaryWriter, name: string, attribute: OnnxAttribute): void {
  text(w, 1, name);
  switch (attribute.kind) {
    case 'float':
      w.uint32(tag(2, WireType.Bit32)).float(attribute.value);
      attributeType(w, 1);
      break;
    case 'int':
      w.uint32(tag(3, WireType.Varint)).int64(attribute.value);
      attributeType(w, 2);
      break;
    case 'string':
      text(w, 4, attribute.value);
      attributeType(w, 3);
      break;
    case 'graph':
      message(w, 6, () => writeGraph(w, attribute.value));
      attributeType(w, 5);
      break;
    case 'ints':
      for (const value of attribute.value) w.uint32(tag(8, WireType.Varint)).int64(value);
      attributeType(w, 7);
      break;
  }
}

function attributeType(w: BinaryWriter, type: number): void {
  w.uint32(tag(20, WireType.Varint)).int32(type);
}

function writeTensor(w: BinaryWriter, tensor: OnnxTensor): void {
  for (const dim of tensor.shape) w.uint32(tag(1, WireType.Varint)).int64(dim);
  w.uint32(tag(2, WireType.Varint)).int32(DATA_TYPE[tensor.dtype]);
  text(w, 8, tensor.name);
  const { data } = tensor;
  if (data instanceof Uint8Array) {
    w.uint32(tag(9, WireType.LengthDelimited)).bytes(data);
    return;
  }
  for (const [key, value] of Object.entries(data)) {
    message(w, 13, () => {
      text(w, 1, key);
      text(w, 2, String(value));
    });
  }
  w.uint32(tag(14, WireType.Varint)).int32(1);
}

function writeValueInfo(w: BinaryWriter, value: OnnxValue): void {
  text(w, 1, value.name);
  message(w, 2, () =>
    message(w, 1, () => {
      w.uint32(tag(1, WireType.Varint)).int32(DATA_TYPE[value.dtype]);
      if (value.shape) message(w, 2, () => writeShape(w, value.shape!));
    }),
  );
}

function writeShape(w: BinaryWriter, shape: Shape): void {
  for (const dim of shape) message(w, 1, () => writeDim(w, dim));
}

function writeDim(w: BinaryWriter, dim: Dim): void {
  if (typeof dim === 'number') w.uint32(tag(1, WireType.Varint)).int64(dim);
  else text(w, 2, dim);
}

function tag(field: number, type: WireType): number {
  return ((field << 3) | type) >>> 0;
}

function text(w: BinaryWriter, field: number, value: string): void {
  w.uint32(tag(field, WireType.LengthDelimited)).string(value);
}

function message(w: BinaryWriter, field: number, body: () => void): void {
  w.uint32(tag(field, WireType.LengthDelimited)).fork();
  body();
  w.join();
}
