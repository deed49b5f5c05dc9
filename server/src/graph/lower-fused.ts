/** Spelling of the fused ops: attention kernels of `com.microsoft`, and the sparse decoder. */
import { int64 } from '../core/tensor.ts';
import type { Node } from './ir.ts';
import { float, int, type LowerContext, namesOf } from './lower.ts';
import type { OnnxNode } from './onnx-proto.ts';

/**
 * GroupQueryAttention serves every family: it knows causality, windows, softcap and grouped heads, so no mask tensor
 * is built. Its window counts the keys before the query, hence window − 1.
 */
export function lowerAttention(ctx: LowerContext, node: Node<'Attention'>, names: readonly string[]): void {
  const [q, k, v] = names as [string, string, string];
  const { n_heads, n_kv_heads, scale, softcap, window } = node.attrs;
  const [batch, pos] = node.inputs[1]!.shape;
  const total = ctx.emit('Cast', [ctx.shape([pos!])], { to: int(6) });
  const one = ctx.literal({ dtype: 'int32', shape: [1], data: Int32Array.of(1) });
  const last = ctx.emit('Sub', [total, one]);
  const seqlens = ctx.emit('Expand', [last, ctx.shape([batch!])]);
  const totalScalar = ctx.emit('Squeeze', [total]);
  const attributes = {
    num_heads: int(n_heads),
    kv_num_heads: int(n_kv_heads),
    scale: float(scale),
    ...(softcap === null ? {} : { softcap: float(softcap) }),
    ...(window === null ? {} : { local_window_size: int(window) }),
  };
  const [output] = namesOf(node.outputs) as [string];
  const outputs = [output, `${output}:k`, `${output}:v`];
  ctx.emit('GroupQueryAttention', [q, k, v, '', '', seqlens, totalScalar], attributes, {
    domain: 'com.microsoft',
    outputs,
  });
}

/**
 * CPU: a Scan over rows gathers only the rows of W that are active there, so memory is one row's worth whatever fires.
 * GPU: control flow runs on the host, so all k rows are gathered and multiplied at once; the planner bounds rows · k.
 */
export function lowerSparseDecode(ctx: LowerContext, node: Node<'SparseDecode'>, names: readonly string[]): void {
  const [acts, indices, W] = names as [string, string, string];
  const outputs = namesOf(node.outputs);
  if (ctx.target === 'gpu') {
    const rows = ctx.emit('Cast', [ctx.emit('Gather', [W, indices], { axis: int(0) })], { to: int(1) });
    const one = ctx.literal(int64([1], [1]));
    const product = ctx.emit('MatMul', [ctx.emit('Unsqueeze', [acts, one]), rows]);
    ctx.emit('Squeeze', [product, one], {}, { outputs });
    return;
  }
  const zero = ctx.literal(int64([1], [0]));
  const body: OnnxNode[] = [];
  const step = (opType: string, inputs: readonly string[], attributes: OnnxNode['attributes'] = {}): string => {
    const name = `${outputs[0]}:${opType}_${body.length}`;
    body.push({ opType, domain: '', inputs, outputs: [name], attributes });
    return name;
  };
  const row = { acts: `${outputs[0]}:acts`, indices: `${outputs[0]}:indices` };
  const active = step('Squeeze', [step('NonZero', [row.acts]), zero]);
  const gathered = step('Gather', [W, step('Gather', [row.indices, active], { axis: int(0) })], { axis: int(0) });
  const values = step('Unsqueeze', [step('Gather', [row.acts, active], { axis: int(0) }), zero]);
  const decoded = step('Squeeze', [step('MatMul', [values, step('Cast', [gathered], { to: int(1) })]), zero]);
  const k = node.inputs[0]!.shape[1]!;
  const graph = {
    name: `${outputs[0]}:body`,
    nodes: body,
    initializers: [],
    inputs: [
      { name: row.acts, dtype: 'float32' as const, shape: [k] },
      { name: row.indices, dtype: 'int64' as const, shape: [k] },
    ],
    outputs: [{ name: decoded, dtype: 'float32' as const, shape: [node.inputs[2]!.shape[1]!] }],
  };
  ctx.emit('Scan', [acts, indices], { num_scan_inputs: int(2), body: { kind: 'graph', value: graph } }, { outputs });
}
