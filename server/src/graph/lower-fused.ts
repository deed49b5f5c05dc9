/** Spelling of the fused ops: attention kernels of `com.microsoft`, and the sparse decoder. */
import { float32, int64 } from '../core/tensor.ts';
import type { Dim, Node } from './ir.ts';
import { lowerAttentionInParts } from './lower-attention-parts.ts';
import { float, int, type LowerContext, namesOf } from './lower-context.ts';
import type { OnnxNode } from './onnx-proto.ts';

/** GroupQueryAttention refuses head sizes that are not a multiple of this. */
const HEAD_MULTIPLE = 8;

/**
 * GroupQueryAttention serves every family: it knows causality, windows, softcap and grouped heads, so no mask tensor
 * is built. Its window counts the query's own key, as ours does. MultiHeadAttention, the alternative for plain heads,
 * computes the whole square: with 12 × 64 heads 0.7–0.8× the time at 128 tokens, but 1.4–2.7× from 256 on.
 */
export function lowerAttention(ctx: LowerContext, node: Node<'Attention'>, names: readonly string[]): void {
  if (ctx.target === 'gpu' && names.length > 3) {
    lowerAttentionInParts(ctx, node, names);
    return;
  }
  const { n_heads, n_kv_heads, scale, softcap, window } = node.attrs;
  const [batch, pos, width] = node.inputs[0]!.shape;
  const d_head = (width as number) / n_heads;
  const heads = [n_heads, n_kv_heads, n_kv_heads];
  const [q, k, v] = heads.map((count, i) => padHeads(ctx, names[i]!, count, d_head)) as [string, string, string];
  const [pastK = '', pastV = ''] = names.slice(3).map((name) => padLastAxis(ctx, name, 4, d_head));
  const past = pastK === '' ? null : ctx.emit('Shape', [pastK], { start: int(2), end: int(3) });
  const length = past === null ? ctx.shape([pos!]) : ctx.emit('Add', [past, ctx.shape([pos!])]);
  const total = ctx.emit('Cast', [length], { to: int(6) });
  const last = ctx.emit('Sub', [total, ctx.literal({ dtype: 'int32', shape: [1], data: Int32Array.of(1) })]);
  const seqlens = ctx.emit('Expand', [last, ctx.shape([batch!])]);
  const attributes = {
    num_heads: int(n_heads),
    kv_num_heads: int(n_kv_heads),
    scale: float(scale),
    ...(softcap === null ? {} : { softcap: float(softcap) }),
    ...(window === null ? {} : { local_window_size: int(window) }),
  };
  const [output] = namesOf(node.outputs) as [string];
  const padded = paddedHead(d_head) !== d_head;
  const attended = padded ? `${output}:padded` : output;
  ctx.emit('GroupQueryAttention', [q, k, v, pastK, pastV, seqlens, ctx.emit('Squeeze', [total])], attributes, {
    domain: 'com.microsoft',
    outputs: [attended, `${output}:k`, `${output}:v`],
  });
  if (padded) unpadHeads(ctx, attended, n_heads, d_head, output);
}

function paddedHead(d_head: number): number {
  return Math.ceil(d_head / HEAD_MULTIPLE) * HEAD_MULTIPLE;
}

/** Zeros after the elements of each head of x [batch, pos, count·d_head]: they add nothing to any product. */
function padHeads(ctx: LowerContext, x: string, count: number, d_head: number): string {
  if (paddedHead(d_head) === d_head) return x;
  const perHead = ctx.emit('Reshape', [x, ctx.literal(int64([4], [0, 0, count, d_head]))]);
  return ctx.emit('Reshape', [padLastAxis(ctx, perHead, 4, d_head), ctx.literal(int64([3], [0, 0, -1]))]);
}

function padLastAxis(ctx: LowerContext, x: string, rank: number, d_head: number): string {
  const missing = paddedHead(d_head) - d_head;
  if (missing === 0) return x;
  const pads = Array.from({ length: 2 * rank }, (_, i) => (i === 2 * rank - 1 ? missing : 0));
  return ctx.emit('Pad', [x, ctx.literal(int64([2 * rank], pads))]);
}

function unpadHeads(ctx: LowerContext, x: string, count: number, d_head: number, output: string): void {
  const perHead = ctx.emit('Reshape', [x, ctx.literal(int64([4], [0, 0, count, -1]))]);
  const bounds = [0, d_head, 3].map((value) => ctx.literal(int64([1], [value])));
  const cut = ctx.emit('Slice', [perHead, ...bounds]);
  ctx.emit('Reshape', [cut, ctx.literal(int64([3], [0, 0, count * d_head]))], {}, { outputs: [output] });
}

/** Rows that are decoded by one step: enough that both the gathering and the product are shared among threads. */
const DECODED_TOGETHER = 4;

/**
 * CPU: a Scan over blocks of rows gathers, for each, only the rows of W up to the block's last active one, so memory is
 * a few rows' worth whatever fires. GPU: control flow runs on the host, so all k rows are gathered and multiplied at
 * once; the planner bounds rows · k.
 */
export function lowerSparseDecode(ctx: LowerContext, node: Node<'SparseDecode'>, names: readonly string[]): void {
  const [acts, indices, W] = names as [string, string, string];
  const outputs = namesOf(node.outputs);
  const one = ctx.literal(int64([1], [1]));
  if (ctx.target === 'gpu') {
    const rows = ctx.emit('Cast', [ctx.emit('Gather', [W, indices], { axis: int(0) })], { to: int(1) });
    const product = ctx.emit('MatMul', [ctx.emit('Unsqueeze', [acts, one]), rows]);
    ctx.emit('Squeeze', [product, one], {}, { outputs });
    return;
  }
  const [n, k] = node.inputs[0]!.shape as [Dim, number];
  const { dtype, shape } = node.inputs[2]!;
  const d = shape[1] as number;
  const zero = ctx.literal(int64([1], [0]));
  const missing = ctx.emit('Mod', [ctx.emit('Neg', [ctx.shape([n])]), ctx.literal(int64([1], [DECODED_TOGETHER]))]);
  const pads = ctx.emit('Concat', [zero, zero, missing, zero], { axis: int(0) });
  const blocks = ctx.literal(int64([3], [-1, DECODED_TOGETHER, k]));
  const inBlocks = (x: string): string => ctx.emit('Reshape', [ctx.emit('Pad', [x, pads]), blocks]);
  const blockActs = inBlocks(acts);

  const active = ctx.emit('Not', [ctx.emit('Equal', [blockActs, ctx.literal(float32([1], [0]))])]);
  const places = ctx.literal(
    float32(
      [k],
      Float32Array.from({ length: k }, (_, i) => i + 1),
    ),
  );
  const placed = ctx.emit('Mul', [ctx.emit('Cast', [active], { to: int(1) }), places]);
  const last = ctx.emit('ReduceMax', [placed, ctx.literal(int64([2], [1, 2]))], { keepdims: int(0) });
  const counts = ctx.emit('Unsqueeze', [ctx.emit('Cast', [last], { to: int(7) }), one]);

  const { step, nodes } = bodyOf(outputs[0]!);
  const block = { acts: `${outputs[0]}:acts`, indices: `${outputs[0]}:indices`, count: `${outputs[0]}:count` };
  const first = (x: string): string => step('Slice', [x, zero, block.count, one]);
  const rows = step('Gather', [W, first(block.indices)], { axis: int(0) });
  const wide = dtype === 'float32' ? rows : step('Cast', [rows], { to: int(1) });
  const decoded = step('Squeeze', [step('MatMul', [step('Unsqueeze', [first(block.acts), one]), wide]), one]);
  const graph = {
    name: `${outputs[0]}:body`,
    nodes,
    initializers: [],
    inputs: [
      { name: block.acts, dtype: 'float32' as const, shape: [DECODED_TOGETHER, k] },
      { name: block.indices, dtype: 'int64' as const, shape: [DECODED_TOGETHER, k] },
      { name: block.count, dtype: 'int64' as const, shape: [1] },
    ],
    outputs: [{ name: decoded, dtype: 'float32' as const, shape: [DECODED_TOGETHER, d] }],
  };
  const scanned = [blockActs, inBlocks(indices), counts];
  const sums = ctx.emit('Scan', scanned, { num_scan_inputs: int(3), body: { kind: 'graph', value: graph } });
  const flat = ctx.emit('Reshape', [sums, ctx.literal(int64([2], [-1, d]))]);
  ctx.emit('Slice', [flat, zero, ctx.shape([n])], {}, { outputs });
}

/** Whether a sum is over the columns of a matrix in float32 on the CPU. */
export function summedByRows({ target }: LowerContext, { inputs, attrs }: Node<'ReduceLogSumExp'>): boolean {
  const { shape, dtype } = inputs[0]!;
  return (
    target === 'cpu' && dtype === 'float32' && shape.length === 2 && attrs.axes.length === 1 && attrs.axes[0] === 1
  );
}

/**
 * log Σ exp(x) of each row of x [rows, n] in a Scan, after its maximum is taken off, so that memory is one row's worth.
 * ONNX Runtime's own ReduceLogSumExp takes seven times as long as LogSoftmax at n = 50,257.
 */
export function lowerLogSumExp(ctx: LowerContext, node: Node<'ReduceLogSumExp'>, [x]: readonly string[]): void {
  const outputs = namesOf(node.outputs);
  const { step, nodes } = bodyOf(outputs[0]!);
  const row = `${outputs[0]}:row`;
  const zero = ctx.literal(int64([1], [0]));
  const highest = step('ReduceMax', [row, zero], { keepdims: int(1) });
  const sum = step('ReduceSum', [step('Exp', [step('Sub', [row, highest])]), zero], { keepdims: int(1) });
  const total = step('Add', [step('Log', [sum]), highest]);
  const graph = {
    name: `${outputs[0]}:body`,
    nodes,
    initializers: [],
    inputs: [{ name: row, dtype: 'float32' as const, shape: [node.inputs[0]!.shape[1]!] }],
    outputs: [{ name: total, dtype: 'float32' as const, shape: [1] }],
  };
  ctx.emit('Scan', [x!], { num_scan_inputs: int(1), body: { kind: 'graph', value: graph } }, { outputs });
}

/** Nodes of a Scan's body, whose names start with that of what the Scan computes. */
function bodyOf(name: string): {
  readonly nodes: readonly OnnxNode[];
  step(opType: string, inputs: readonly string[], attributes?: OnnxNode['attributes']): string;
} {
  const nodes: OnnxNode[] = [];
  return {
    nodes,
    step(opType, inputs, attributes = {}) {
      const output = `${name}:${opType}_${nodes.length}`;
      nodes.push({ opType, domain: '', inputs, outputs: [output], attributes });
      return output;
    },
  };
}
