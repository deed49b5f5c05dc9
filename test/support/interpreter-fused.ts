/** Interpreter: the fused ops, written from their formulas and not from their parts in the graph. */

import type { Rules } from './interpreter.ts';
import { type NdArray, ndArray } from './interpreter-array.ts';

function normalise(x: NdArray, gain: NdArray, bias: NdArray | undefined, eps: number, centre: boolean): NdArray {
  const n = x.shape.at(-1)!;
  const out = ndArray(x.shape);
  for (let at = 0; at < x.data.length; at += n) {
    const row = x.data.subarray(at, at + n);
    const mean = centre ? row.reduce((s, v) => s + v, 0) / n : 0;
    const scale = Math.sqrt(row.reduce((s, v) => s + (v - mean) ** 2, 0) / n + eps);
    for (let j = 0; j < n; j++) out.data[at + j] = ((row[j]! - mean) / scale) * gain.data[j]! + (bias?.data[j] ?? 0);
  }
  return out;
}

/** Element of head-major past keys, or of the token-major new ones, by absolute position. */
function reader(x: NdArray, past: NdArray | undefined, n_kv_heads: number, d_head: number) {
  const [, pos, width] = x.shape as [number, number, number];
  const before = past?.shape[2] ?? 0;
  return (batch: number, at: number, head: number, j: number): number =>
    at < before
      ? past!.data[((batch * n_kv_heads + head) * before + at) * d_head + j]!
      : x.data[(batch * pos + at - before) * width + head * d_head + j]!;
}

export const FUSED = {
  LayerNorm: (node, [x, gain, bias]) => [normalise(x!, gain!, bias, node.attrs.eps, true)],
  RmsNorm: (node, [x, gain]) => [normalise(x!, gain!, undefined, node.attrs.eps, false)],
  Attention: (node, [q, k, v, pastK, pastV]) => {
    const { n_heads, n_kv_heads, scale, softcap, window } = node.attrs;
    const [batch, pos, width] = q!.shape as [number, number, number];
    const d_head = width / n_heads;
    const before = pastK?.shape[2] ?? 0;
    const key = reader(k!, pastK, n_kv_heads, d_head);
    const value = reader(v!, pastV, n_kv_heads, d_head);
    const out = ndArray(q!.shape);
    for (let b = 0; b < batch; b++) {
      for (let h = 0; h < n_heads; h++) {
        const kv = Math.floor((h * n_kv_heads) / n_heads);
        for (let i = 0; i < pos; i++) {
          const base = (b * pos + i) * width + h * d_head;
          const at = before + i;
          const first = window === null ? 0 : Math.max(0, at - window + 1);
          const scores = Array.from({ length: at - first + 1 }, (_, s) => {
            let dot = 0;
            for (let j = 0; j < d_head; j++) dot += q!.data[base + j]! * key(b, first + s, kv, j);
            return softcap === null ? dot * scale : softcap * Math.tanh((dot * scale) / softcap);
          });
          const top = Math.max(...scores);
          const weights = scores.map((score) => Math.exp(score - top));
          const total = weights.reduce((s, w) => s + w, 0);
          weights.forEach((w, s) => {
            for (let j = 0; j < d_head; j++) out.data[base + j]! += (w / total) * value(b, first + s, kv, j);
          });
        }
      }
    }
    return [out];
  },
  SparseDecode: (_, [acts, indices, weight]) => {
    const [n, k] = acts!.shape as [number, number];
    const d = weight!.shape[1]!;
    const out = ndArray([n, d]);
    for (let i = 0; i < n * k; i++) {
      const row = Math.floor(i / k) * d;
      for (let j = 0; j < d; j++) out.data[row + j]! += acts!.data[i]! * weight!.data[indices!.data[i]! * d + j]!;
    }
    return [out];
  },
} satisfies Partial<Rules>;
