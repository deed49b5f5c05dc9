/**
 * The identities that a model's own tensors obey, of any family, each with a wrong reading of the hooks that breaks it.
 * Both sides are float64 arithmetic on what the runtime returned. Source: interp-engine's notes on verifying hooks.
 */
import { capped, everyBlock, frozenNorm, linear, normed, normState, type Rows, sum, weightData } from './dense.ts';
import type { ModelFixture } from './model-fixture.ts';

/** One forward pass: its model and what a hook (or `logits`) held, [rows, last axis]. */
export interface Pass {
  readonly fixture: ModelFixture;
  readonly hook: (name: string) => Rows;
}

export interface Invariant {
  readonly name: string;
  /** Whether the model has what this is about. */
  readonly applies?: (fixture: ModelFixture) => boolean;
  /** Two sides that are equal. */
  readonly sides: (pass: Pass, layer: number) => readonly [Rows, Rows];
  /** The same pass misread. */
  readonly misread: (pass: Pass, layer: number) => Pass;
}

/** A pass in which a hook holds something else. */
function instead({ fixture, hook }: Pass, name: string, value: (hook: Pass['hook']) => Rows): Pass {
  return { fixture, hook: (asked) => (asked === name ? value(hook) : hook(asked)) };
}

function withSpec(pass: Pass, change: (spec: ModelFixture['spec']) => Partial<ModelFixture['spec']>): Pass {
  const { spec } = pass.fixture;
  return { ...pass, fixture: { ...pass.fixture, spec: { ...spec, ...change(spec) } } };
}

const at = (layer: number, suffix: string): string => `blocks.${layer}.${suffix}`;
const mapped = (x: Rows, f: (value: number, i: number) => number): Rows => ({ ...x, data: x.data.map(f) });

/** Σ_key pattern·v per head, [pos · n_heads, d_head], key heads shared by neighbours. */
function patternTimesValues({ fixture, hook }: Pass, layer: number): Rows {
  const { pos, spec } = fixture;
  const { n_heads, n_kv_heads, d_head } = spec;
  const pattern = hook(at(layer, 'attn.hook_pattern')).data;
  const v = hook(at(layer, 'attn.hook_v')).data;
  const data = new Float64Array(pos * n_heads * d_head);
  for (let h = 0; h < n_heads; h++) {
    const shared = Math.floor((h * n_kv_heads) / n_heads);
    for (let q = 0; q < pos; q++) {
      for (let k = 0; k < pos; k++) {
        const weight = pattern[(h * pos + q) * pos + k]!;
        for (let j = 0; j < d_head; j++) {
          data[(q * n_heads + h) * d_head + j]! += weight * v[(k * n_kv_heads + shared) * d_head + j]!;
        }
      }
    }
  }
  return { data, width: d_head };
}

/** Attention's raw output as heads' results plus b_O. */
function attentionParts({ fixture, hook }: Pass, layer: number): Rows[] {
  const { spec } = fixture;
  const result = hook(at(layer, 'attn.hook_result'));
  const heads = Array.from({ length: spec.n_heads }, (_, h) => everyBlock(result, h, spec.n_heads));
  const { bias } = spec.layers[layer]!.o;
  return bias === null ? heads : [...heads, repeated(weightData(fixture, bias), fixture.pos)];
}

/** The MLP's raw output as neurons' parts, some at a time, plus its bias. */
function mlpParts({ fixture, hook }: Pass, layer: number): Rows[] {
  const { mlp } = fixture.spec.layers[layer]!;
  const out = mlp.kind === 'plain' ? mlp.out : mlp.down;
  const post = hook(at(layer, 'mlp.hook_post'));
  const half = Math.floor(post.width / 2);
  const parts = [
    linear(fixture, columns(post, 0, half), out, { bias: false }),
    linear(fixture, columns(post, half, post.width), out, { bias: false, from: half }),
  ];
  return out.bias === null ? parts : [...parts, repeated(weightData(fixture, out.bias), fixture.pos)];
}

/** Parts of a block's output as they join the residual stream: through the post norm, its scale frozen by their sum. */
function contributions(pass: Pass, layer: number, parts: readonly Rows[], post: 'ln1_post' | 'ln2_post'): Rows[] {
  const { fixture } = pass;
  const weights = fixture.spec.layers[layer]![post];
  if (weights === null) return [...parts];
  const { scale } = normState(fixture.spec, sum(parts[0]!, ...parts.slice(1)));
  return parts.map((part) => frozenNorm(fixture, part, scale, weights, false));
}

/** Everything that was ever added to the residual stream. */
function components(pass: Pass): Rows[] {
  const { spec } = pass.fixture;
  return [
    pass.hook('hook_embed'),
    ...(spec.W_pos === null ? [] : [pass.hook('hook_pos_embed')]),
    ...spec.layers.flatMap((_, layer) => [
      ...contributions(pass, layer, attentionParts(pass, layer), 'ln1_post'),
      ...contributions(pass, layer, mlpParts(pass, layer), 'ln2_post'),
    ]),
  ];
}

function repeated(row: Float64Array, times: number): Rows {
  return { data: Float64Array.from({ length: row.length * times }, (_, i) => row[i % row.length]!), width: row.length };
}

function columns(x: Rows, from: number, to: number): Rows {
  const data = x.data.filter((_, i) => i % x.width >= from && i % x.width < to);
  return { data, width: to - from };
}

const unembedded = ({ fixture }: Pass, final: Rows): Rows => linear(fixture, final, fixture.spec.W_U);
const lastResid = ({ fixture, hook }: Pass): Rows => hook(at(fixture.spec.n_layers - 1, 'hook_resid_post'));
const hasPostNorms = ({ spec }: ModelFixture): boolean => spec.layers.some((layer) => layer.ln1_post !== null);

export const INVARIANTS: readonly Invariant[] = [
  {
    name: 'pattern · v is z, head by head',
    sides: (pass, layer) => [patternTimesValues(pass, layer), pass.hook(at(layer, 'attn.hook_z'))],
    // A split that gives every head its neighbour's values has the right shape.
    misread: (pass, layer) =>
      instead(pass, at(layer, 'attn.hook_v'), (hook) => {
        const v = hook(at(layer, 'attn.hook_v'));
        return mapped(v, (_, i) => v.data[(i + v.width) % v.data.length]!);
      }),
  },
  {
    name: 'key heads are shared by neighbours',
    applies: ({ spec }) => spec.n_kv_heads > 1 && spec.n_kv_heads < spec.n_heads,
    sides: (pass, layer) => [patternTimesValues(pass, layer), pass.hook(at(layer, 'attn.hook_z'))],
    misread: (pass, layer) =>
      instead(pass, at(layer, 'attn.hook_v'), (hook) => {
        const v = hook(at(layer, 'attn.hook_v'));
        const { n_kv_heads, d_head } = pass.fixture.spec;
        const turn = (i: number): number => n_kv_heads - 1 - (Math.floor(i / d_head) % n_kv_heads);
        return mapped(v, (_, i) => v.data[i - (i % (n_kv_heads * d_head)) + turn(i) * d_head + (i % d_head)]!);
      }),
  },
  {
    name: 'resid_pre + attn_out + mlp_out is resid_post',
    sides: ({ hook }, layer) => [
      sum(hook(at(layer, 'hook_resid_pre')), hook(at(layer, 'hook_attn_out')), hook(at(layer, 'hook_mlp_out'))),
      hook(at(layer, 'hook_resid_post')),
    ],
    // The output before the post norm; where there is none, the MLP's input.
    misread: (pass, layer) =>
      instead(pass, at(layer, 'hook_mlp_out'), (hook) =>
        hook(at(layer, hasPostNorms(pass.fixture) ? 'mlp.hook_out' : 'hook_mlp_in')),
      ),
  },
  {
    name: 'the output projection of mlp.hook_post is mlp.hook_out',
    sides: (pass, layer) => {
      const [first, ...rest] = mlpParts(pass, layer);
      return [sum(first!, ...rest), pass.hook(at(layer, 'mlp.hook_out'))];
    },
    misread: (pass, layer) => instead(pass, at(layer, 'mlp.hook_post'), (hook) => hook(at(layer, 'mlp.hook_pre'))),
  },
  {
    name: 'mlp.hook_post is act(pre) · pre_linear',
    applies: ({ spec }) => spec.layers[0]!.mlp.kind === 'gated' && spec.activation === 'silu',
    sides: ({ hook }, layer) => {
      const up = hook(at(layer, 'mlp.hook_pre_linear')).data;
      const gated = mapped(hook(at(layer, 'mlp.hook_pre')), (x, i) => (x / (1 + Math.exp(-x))) * up[i]!);
      return [gated, hook(at(layer, 'mlp.hook_post'))];
    },
    misread: ({ fixture, hook }, layer) => {
      const [gate, up] = [at(layer, 'mlp.hook_pre'), at(layer, 'mlp.hook_pre_linear')];
      return { fixture, hook: (name) => hook(name === gate ? up : name === up ? gate : name) };
    },
  },
  {
    name: 'unembed(ln_final(last resid_post)) is logits',
    sides: (pass) => {
      const final = normed(pass.fixture, lastResid(pass), pass.fixture.spec.ln_final);
      return [capped(unembedded(pass, final), pass.fixture.spec.finalSoftcap), pass.hook('logits')];
    },
    misread: (pass) => withSpec(pass, ({ layers }) => ({ ln_final: layers[0]!.ln1 })),
  },
  {
    name: 'logits are capped',
    applies: ({ spec }) => spec.finalSoftcap !== null,
    sides: (pass) => {
      const final = normed(pass.fixture, lastResid(pass), pass.fixture.spec.ln_final);
      return [capped(unembedded(pass, final), pass.fixture.spec.finalSoftcap), pass.hook('logits')];
    },
    misread: (pass) => withSpec(pass, () => ({ finalSoftcap: null })),
  },
  {
    name: 'contributions of all heads, neurons, embeddings and biases add up to the logits before the cap',
    sides: (pass) => {
      const { fixture } = pass;
      const { ln_final } = fixture.spec;
      const { scale } = normState(fixture.spec, lastResid(pass));
      const parts = components(pass).map((part) => unembedded(pass, frozenNorm(fixture, part, scale, ln_final, false)));
      if (ln_final.bias !== null) {
        parts.push(unembedded(pass, repeated(weightData(fixture, ln_final.bias), fixture.pos)));
      }
      return [sum(parts[0]!, ...parts.slice(1)), unembedded(pass, normed(fixture, lastResid(pass), ln_final))];
    },
    // Heads as stored where they pass a post norm; elsewhere an attention output for the embedding.
    misread: (pass) => {
      if (hasPostNorms(pass.fixture)) {
        return withSpec(pass, ({ layers }) => ({ layers: layers.map((layer) => ({ ...layer, ln1_post: null })) }));
      }
      return instead(pass, 'hook_embed', (hook) => hook(at(0, 'hook_attn_out')));
    },
  },
  {
    name: 'Σ hook_result + b_O is attention’s output',
    sides: (pass, layer) => {
      const [first, ...rest] = contributions(pass, layer, attentionParts(pass, layer), 'ln1_post');
      return [sum(first!, ...rest), pass.hook(at(layer, 'hook_attn_out'))];
    },
    misread: (pass, layer) =>
      instead(pass, at(layer, 'attn.hook_result'), (hook) => {
        const { d_model, n_heads } = pass.fixture.spec;
        // One head left out.
        return mapped(hook(at(layer, 'attn.hook_result')), (x, i) => (Math.floor(i / d_model) % n_heads === 0 ? 0 : x));
      }),
  },
  {
    name: 'rows of the pattern sum to 1',
    sides: ({ hook }, layer) => {
      const pattern = hook(at(layer, 'attn.hook_pattern'));
      const { width } = pattern;
      const data = Float64Array.from({ length: pattern.data.length / width }, (_, row) =>
        pattern.data.subarray(row * width, (row + 1) * width).reduce((total, weight) => total + weight, 0),
      );
      return [
        { data, width: 1 },
        { data: data.map(() => 1), width: 1 },
      ];
    },
    misread: (pass, layer) =>
      instead(pass, at(layer, 'attn.hook_pattern'), (hook) => transposed(hook(at(layer, 'attn.hook_pattern')))),
  },
  {
    name: 'the pattern is zero outside the window, whose every key is seen',
    sides: ({ fixture, hook }, layer) => {
      const { window } = fixture.spec.layers[layer]!.attention;
      const pattern = hook(at(layer, 'attn.hook_pattern'));
      const inside = (q: number, k: number): boolean => k <= q && k > q - (window ?? Number.POSITIVE_INFINITY);
      const place = (i: number): [number, number] => [Math.floor(i / pattern.width) % pattern.width, i % pattern.width];
      // Inside it a weight may underflow where scores are large; the score itself is seen.
      const scores = hook(at(layer, 'attn.hook_attn_scores')).data;
      return [
        mapped(pattern, (x, i) => Number(x > 0 || scores[i]! > -1e30)),
        mapped(pattern, (_, i) => Number(inside(...place(i)))),
      ];
    },
    misread: (pass, layer) =>
      withSpec(pass, ({ layers }) => ({
        layers: layers.map((entry, i) => {
          const window = entry.attention.window === null ? pass.fixture.pos - 1 : entry.attention.window + 1;
          return i === layer ? { ...entry, attention: { ...entry.attention, window } } : entry;
        }),
      })),
  },
];

/** Each square of [heads, n, n] transposed: keys for queries. */
function transposed(x: Rows): Rows {
  const n = x.width;
  return mapped(x, (_, i) => {
    const [head, q, k] = [Math.floor(i / (n * n)), Math.floor(i / n) % n, i % n];
    return x.data[(head * n + k) * n + q]!;
  });
}
