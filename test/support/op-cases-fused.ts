/** Cases of the fused ops. */
import type { OpAttributes } from '../../server/src/graph/ir.ts';
import type { OpCase } from './op-cases.ts';

type AttentionAttributes = OpAttributes['Attention'];

interface AttentionCase extends Partial<AttentionAttributes> {
  readonly d_head?: number;
  /** Feeds past keys and values. */
  readonly past?: true;
  readonly batch?: 1;
  /** Positions; the symbol when absent. */
  readonly pos?: number;
}

function attentionCase(options: AttentionCase): OpCase {
  const { n_heads = 4, n_kv_heads = n_heads, d_head = 8, softcap = null, window = null } = options;
  const about = Object.entries(options)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
  return {
    op: 'Attention',
    about,
    build: ({ b, normal }) => {
      const batch = options.batch ?? 'batch';
      const pos = options.pos ?? 'pos';
      const q = normal([batch, pos, n_heads * d_head], 3);
      const k = normal([batch, pos, n_kv_heads * d_head]);
      const v = normal([batch, pos, n_kv_heads * d_head]);
      const past = options.past ? [0, 1].map(() => normal([batch, n_kv_heads, 'past', d_head])) : [];
      const scale = options.scale ?? 1 / Math.sqrt(d_head);
      return b.op('Attention', [q, k, v, ...past], { n_heads, n_kv_heads, scale, softcap, window });
    },
  };
}

const ATTENTION: readonly AttentionCase[] = [
  {},
  { batch: 1 },
  { pos: 1 },
  { pos: 1, batch: 1 },
  { scale: 0.37 },
  { n_kv_heads: 2 },
  { n_kv_heads: 1, batch: 1 },
  { window: 1 },
  { window: 2, n_kv_heads: 2 },
  { window: 3 },
  { window: 7 },
  { window: 100 },
  { softcap: 1.5 },
  { softcap: 1.5, window: 3, n_kv_heads: 1 },
  { d_head: 5 },
  { d_head: 6, n_kv_heads: 2, window: 3 },
  { d_head: 1 },
  { d_head: 64, n_heads: 3, pos: 40 },
  { d_head: 64, n_heads: 3, pos: 40, window: 17 },
  { past: true, batch: 1 },
  { past: true, pos: 1 },
  { past: true, pos: 1, n_kv_heads: 2, window: 3 },
  { past: true, batch: 1, window: 4 },
  { past: true, batch: 1, n_kv_heads: 2 },
  { past: true, batch: 1, softcap: 1.5, d_head: 5 },
];

export const FUSED_CASES: readonly OpCase[] = [
  ...ATTENTION.map(attentionCase),
  {
    op: 'LayerNorm',
    about: 'with bias',
    build: ({ b, normal }) => b.op('LayerNorm', [normal(['batch', 'pos', 6]), normal([6]), normal([6])], { eps: 0.3 }),
  },
  {
    op: 'LayerNorm',
    about: 'without bias',
    build: ({ b, normal }) => b.op('LayerNorm', [normal(['pos', 6]), normal([6])], { eps: 1e-5 }),
  },
  {
    op: 'RmsNorm',
    build: ({ b, normal }) => b.op('RmsNorm', [normal(['batch', 'pos', 6]), normal([6])], { eps: 0.3 }),
  },
  {
    op: 'RmsNorm',
    about: 'over heads',
    build: ({ b, normal }) => b.op('RmsNorm', [normal(['batch', 'pos', 3, 4]), normal([4])], { eps: 1e-6 }),
  },
  {
    op: 'SparseDecode',
    build: ({ b, normal, ids }) => b.op('SparseDecode', [normal(['pos', 4]), ids(['pos', 4], 9), normal([9, 5])], {}),
  },
  {
    op: 'SparseDecode',
    about: 'most inactive, half-precision weights',
    build: ({ b, normal, ids }) => {
      const acts = b.op('Relu', [b.op('Sub', [normal(['pos', 4]), b.scalar(1)], {})], {});
      const weights = b.op('Cast', [b.op('Cast', [ids([9, 5], 9)], { to: 'float32' })], { to: 'float16' });
      return b.op('SparseDecode', [acts, ids(['pos', 4], 9), b.op('Cast', [weights], { to: 'float16' })], {});
    },
  },
  {
    op: 'SparseDecode',
    about: 'none active',
    build: ({ b, normal, ids }) => {
      const acts = b.op('Relu', [b.op('Sub', [normal(['pos', 4]), b.scalar(100)], {})], {});
      return b.op('SparseDecode', [acts, ids(['pos', 4], 9), normal([9, 5])], {});
    },
  },
];
