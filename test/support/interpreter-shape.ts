/** Interpreter: ops that move elements without computing on them. */

import type { Rules } from './interpreter.ts';
import { aroundAxis, broadcastOffsets, type NdArray, ndArray, pick, stridesOf, walk } from './interpreter-array.ts';

function sliceAxis(x: NdArray, axis: number, start: number, end: number): NdArray {
  const shape = x.shape.map((dim, i) => (i === axis ? end - start : dim));
  const strides = stridesOf(x.shape);
  return pick(x, shape, walk(shape, strides, start * strides[axis]!));
}

function element(x: NdArray, indices: NdArray, axis: number, i: number): number {
  const { n, inner } = aroundAxis(indices.shape, axis);
  const strides = stridesOf(x.shape);
  const position = stridesOf(indices.shape).map((stride, a) => Math.floor(i / stride) % indices.shape[a]!);
  if (inner * n === 0) return 0;
  const index = indices.data[i]!;
  position[axis] = index < 0 ? index + x.shape[axis]! : index;
  return position.reduce((offset, at, a) => offset + at * strides[a]!, 0);
}

export const SHAPE = {
  Reshape: (node, [x], size) => [ndArray(node.attrs.shape.map(size), x!.data)],
  Expand: (node, [x], size) => {
    const shape = node.attrs.shape.map(size);
    return [pick(x!, shape, broadcastOffsets(x!.shape, shape))];
  },
  Concat: (node, inputs) => {
    const { axis } = node.attrs;
    const n = inputs.reduce((sum, x) => sum + x.shape[axis]!, 0);
    const out = ndArray(inputs[0]!.shape.map((dim, i) => (i === axis ? n : dim)));
    const { outer, inner } = aroundAxis(out.shape, axis);
    let start = 0;
    for (const x of inputs) {
      const width = x.shape[axis]! * inner;
      for (let o = 0; o < outer; o++) {
        out.data.set(x.data.subarray(o * width, (o + 1) * width), o * n * inner + start);
      }
      start += width;
    }
    return [out];
  },
  Slice: (node, [x]) => [sliceAxis(x!, node.attrs.axis, node.attrs.start, node.attrs.end)],
  SliceDynamic: (node, [x, start, end]) => [sliceAxis(x!, node.attrs.axis, start!.data[0]!, end!.data[0]!)],
  Iota: (node, _, size) => {
    const n = size(node.attrs.dim);
    return [
      ndArray(
        [n],
        Array.from({ length: n }, (_, i) => i),
      ),
    ];
  },
  Gather: (node, [data, indices]) => {
    const { axis } = node.attrs;
    const { outer, n, inner } = aroundAxis(data!.shape, axis);
    const shape = [...data!.shape.slice(0, axis), ...indices!.shape, ...data!.shape.slice(axis + 1)];
    const rows = indices!.data.length;
    const out = ndArray(shape);
    for (let o = 0; o < outer; o++) {
      for (let r = 0; r < rows; r++) {
        const index = indices!.data[r]!;
        const from = (o * n + (index < 0 ? index + n : index)) * inner;
        out.data.set(data!.data.subarray(from, from + inner), (o * rows + r) * inner);
      }
    }
    return [out];
  },
  GatherElements: (node, [data, indices]) => {
    const offsets = Int32Array.from(indices!.data, (_, i) => element(data!, indices!, node.attrs.axis, i));
    return [pick(data!, indices!.shape, offsets)];
  },
  ScatterElements: (node, [data, indices, updates]) => {
    const { axis, reduction } = node.attrs;
    const out = ndArray(data!.shape, data!.data);
    updates!.data.forEach((update, i) => {
      const at = element(out, indices!, axis, i);
      out.data[at] = reduction === 'add' ? out.data[at]! + update : update;
    });
    return [out];
  },
  TopK: (node, [x]) => {
    const { k } = node.attrs;
    const n = x!.shape.at(-1)!;
    const shape = [...x!.shape.slice(0, -1), k];
    const [values, indices] = [ndArray(shape), ndArray(shape)];
    for (let row = 0; row * n < x!.data.length; row++) {
      const line = x!.data.subarray(row * n, (row + 1) * n);
      // Equal values keep the order of their indices, as ONNX asks.
      const order = [...line.keys()].sort((a, b) => line[b]! - line[a]! || a - b).slice(0, k);
      order.forEach((index, j) => {
        values.data[row * k + j] = line[index]!;
        indices.data[row * k + j] = index;
      });
    }
    return [values, indices];
  },
} satisfies Partial<Rules>;
