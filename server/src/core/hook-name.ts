/**
 * The table of hook points: TransformerLens' classic names, each with its formula, shape and the models it exists on.
 * This table is the definition; `graph/` places every entry and the parity tests compare each with its formula.
 * Bridge-style names are accepted by `parseHook` and normalised; they are never stored.
 */
import { nearest, SondeError } from './errors.ts';

/** Named dimensions of a hook's tensor after the batch axis. `1` is literal. */
export type HookDim = 'pos' | 'key' | 'd_model' | 'd_mlp' | 'd_head' | 'n_heads' | 'n_kv_heads' | '1';

/** A property of a model that some hooks, or bridge spellings, depend on; `post-norms` follow attention and MLP. */
export type HookNeed = 'learned-positions' | 'sequential' | 'rotary' | 'gated' | 'post-norms';

/** One hook point. */
export interface HookDefinition {
  /** Name inside its scope, such as `attn.hook_q`. */
  readonly suffix: string;
  readonly scope: 'model' | 'block';
  readonly shape: readonly HookDim[];
  readonly formula: string;
  readonly writable: boolean;
  readonly needs?: HookNeed;
}

/** What the table has to know of a model to say which hooks it has. */
export interface HookModel {
  readonly n_layers: number;
  readonly has: ReadonlySet<HookNeed>;
}

/** A validated hook name. */
export interface HookName {
  /** Full classic name: `blocks.4.attn.hook_z`. */
  readonly name: string;
  /** Block index; null for hooks outside the blocks. */
  readonly layer: number | null;
  readonly definition: HookDefinition;
}

const RESID = ['pos', 'd_model'] as const;
const HEADS = ['pos', 'n_heads', 'd_head'] as const;
const KV = ['pos', 'n_kv_heads', 'd_head'] as const;
const PER_HEAD = ['pos', 'n_heads', 'd_model'] as const;
const SQUARE = ['n_heads', 'pos', 'key'] as const;
const MLP = ['pos', 'd_mlp'] as const;
const ONE = ['pos', '1'] as const;

function hook(
  scope: 'model' | 'block',
  suffix: string,
  shape: readonly HookDim[],
  formula: string,
  more: { writable?: true; needs?: HookNeed } = {},
): HookDefinition {
  return {
    scope,
    suffix,
    shape,
    formula,
    writable: more.writable ?? false,
    ...(more.needs ? { needs: more.needs } : {}),
  };
}

const W = { writable: true } as const;

/** Every hook, in the order in which the forward pass computes them. */
export const HOOKS: readonly HookDefinition[] = [
  hook('model', 'hook_embed', RESID, 'W_E[token], times √d_model on Gemma'),
  hook('model', 'hook_pos_embed', RESID, 'W_pos[position]', { needs: 'learned-positions' }),
  hook('block', 'hook_resid_pre', RESID, 'residual stream at the block’s input', W),
  hook('block', 'hook_attn_in', PER_HEAD, 'resid_pre, repeated per head'),
  hook('block', 'hook_q_input', PER_HEAD, 'resid_pre, repeated per query head'),
  hook('block', 'hook_k_input', ['pos', 'n_kv_heads', 'd_model'], 'resid_pre, repeated per key head'),
  hook('block', 'hook_v_input', ['pos', 'n_kv_heads', 'd_model'], 'resid_pre, repeated per value head'),
  hook('block', 'ln1.hook_scale', ONE, '√(var + eps) of resid_pre (√(mean x² + eps) for RMS)'),
  hook('block', 'ln1.hook_normalized', RESID, '(x − mean) / scale (x / scale for RMS), before gain and bias'),
  hook('block', 'attn.hook_q', HEADS, 'x·W_Q + b_Q, before q norm and rotation', W),
  hook('block', 'attn.hook_k', KV, 'x·W_K + b_K, before k norm and rotation', W),
  hook('block', 'attn.hook_v', KV, 'x·W_V + b_V', W),
  hook('block', 'attn.hook_rot_q', HEADS, 'q after q norm and rotation', { needs: 'rotary' }),
  hook('block', 'attn.hook_rot_k', KV, 'k after k norm and rotation', { needs: 'rotary' }),
  hook('block', 'attn.hook_attn_scores', SQUARE, 'scale·q·k, softcapped; masked keys hold the lowest float32'),
  hook('block', 'attn.hook_pattern', SQUARE, 'softmax of scores over keys', W),
  hook('block', 'attn.hook_z', HEADS, 'Σ_key pattern·v', W),
  hook('block', 'attn.hook_result', PER_HEAD, 'z·W_O per head, without b_O'),
  hook('block', 'hook_attn_out', RESID, 'attention’s contribution to the residual stream, after any post norm', W),
  hook('block', 'hook_resid_mid', RESID, 'resid_pre + attn_out', { writable: true, needs: 'sequential' }),
  hook('block', 'hook_mlp_in', RESID, 'input of ln2'),
  hook('block', 'ln2.hook_scale', ONE, 'scale of the norm before the MLP'),
  hook('block', 'ln2.hook_normalized', RESID, 'normalised input of the MLP, before gain and bias'),
  hook('block', 'mlp.hook_in', RESID, 'input of the MLP, after gain and bias'),
  hook('block', 'mlp.hook_pre', MLP, 'gate_proj’s output (fc_in’s where the MLP is not gated)'),
  hook('block', 'mlp.hook_pre_linear', MLP, 'up_proj’s output', { needs: 'gated' }),
  hook('block', 'mlp.hook_post', MLP, 'act(pre)·pre_linear (act(pre) where not gated)', W),
  hook('block', 'mlp.hook_out', RESID, 'down_proj’s output, before any post norm'),
  hook('block', 'hook_mlp_out', RESID, 'the MLP’s contribution to the residual stream, after any post norm', W),
  hook('block', 'hook_resid_post', RESID, 'residual stream at the block’s output', W),
  hook('model', 'ln_final.hook_scale', ONE, 'scale of the last norm'),
  hook('model', 'ln_final.hook_normalized', RESID, 'normalised last residual, before gain and bias'),
];

type Bridge = Readonly<Record<string, string | null>>;

/** TransformerLens bridge spellings of the same tensors (3.x, `model_bridge/generalized_components`). */
const BRIDGE: Bridge = {
  'embed.hook_out': 'hook_embed',
  'pos_embed.hook_out': 'hook_pos_embed',
  hook_in: 'hook_resid_pre',
  hook_out: 'hook_resid_post',
  'attn.q.hook_out': 'attn.hook_q',
  'attn.k.hook_out': 'attn.hook_k',
  'attn.v.hook_out': 'attn.hook_v',
  'attn.o.hook_in': 'attn.hook_z',
  'attn.hook_out': 'hook_attn_out',
  'ln2.hook_in': 'hook_mlp_in',
  'ln1.hook_in': 'hook_resid_pre',
  'mlp.in.hook_out': 'mlp.hook_pre',
  'mlp.out.hook_in': 'mlp.hook_post',
};

/** Spellings that mean something else, or nothing that has a hook here, on models with a property. */
const BRIDGE_WHERE: Readonly<Partial<Record<HookNeed, Bridge>>> = {
  gated: { 'mlp.gate.hook_out': 'mlp.hook_pre', 'mlp.in.hook_out': 'mlp.hook_pre_linear' },
  // There `attn.hook_out` is attention's output before the norm, which is no contribution to the residual stream.
  'post-norms': { 'attn.hook_out': null, 'ln1_post.hook_out': 'hook_attn_out', 'ln2_post.hook_out': 'hook_mlp_out' },
};

/** All hook names of a model in forward order. */
export function hooksOf(model: HookModel): string[] {
  const available = HOOKS.filter((entry) => !entry.needs || model.has.has(entry.needs));
  const firstBlock = available.findIndex((entry) => entry.scope === 'block');
  const before = available.slice(0, firstBlock);
  const after = available.slice(firstBlock).filter((entry) => entry.scope === 'model');
  const block = available.filter((entry) => entry.scope === 'block');
  const layers = Array.from({ length: model.n_layers }, (_, layer) =>
    block.map((entry) => hookAt(layer, entry.suffix)),
  );
  return [...before.map((entry) => entry.suffix), ...layers.flat(), ...after.map((entry) => entry.suffix)];
}

/** The classic name of a block's hook. */
export function hookAt(layer: number, suffix: string): string {
  return `blocks.${layer}.${suffix}`;
}

/**
 * Validates a hook name against a model and normalises bridge spellings.
 * @throws unknown-hook listing the nearest names that exist on this model.
 */
export function parseHook(name: string, model: HookModel): HookName {
  const found = lookUp(name, model.has);
  if (found) {
    const { definition, layer } = found;
    const exists = (!definition.needs || model.has.has(definition.needs)) && (layer === null || layer < model.n_layers);
    if (exists)
      return { name: layer === null ? definition.suffix : hookAt(layer, definition.suffix), layer, definition };
  }
  const near = nearest(name, hooksOf(model));
  const reason = found ? unavailable(found, model) : 'it is not a hook name';
  throw new SondeError('unknown-hook', `No hook "${name}" on this model: ${reason}. Nearest: ${near.join(', ')}.`, {
    found: name,
    nearest: near,
  });
}

/**
 * Splits a hook name into definition and layer; null when the name is not in the table. What a model has matters for
 * bridge spellings alone.
 */
export function lookUp(
  name: string,
  has: ReadonlySet<HookNeed> = new Set(),
): { definition: HookDefinition; layer: number | null } | null {
  const block = /^blocks\.(0|[1-9]\d{0,3})\.(.+)$/.exec(name);
  const layer = block ? Number(block[1]) : null;
  const suffix = block ? block[2]! : name;
  const bridge: Bridge = Object.assign({}, BRIDGE, ...[...has].map((need) => BRIDGE_WHERE[need]));
  const classic = Object.hasOwn(bridge, suffix) ? bridge[suffix] : suffix;
  const definition = classic === null ? undefined : BY_KEY.get(keyOf(block ? 'block' : 'model', classic!));
  return definition ? { definition, layer } : null;
}

function keyOf(scope: string, suffix: string): string {
  return `${scope}:${suffix}`;
}

function unavailable(
  { definition, layer }: { definition: HookDefinition; layer: number | null },
  model: HookModel,
): string {
  if (layer !== null && layer >= model.n_layers) return `it has blocks 0…${model.n_layers - 1}`;
  return `it needs a model with ${definition.needs?.replace('-', ' ')} ${definition.needs === 'sequential' ? 'blocks' : ''}`.trim();
}

const BY_KEY: ReadonlyMap<string, HookDefinition> = new Map(
  HOOKS.map((entry) => [keyOf(entry.scope, entry.suffix), entry]),
);
