/** Rotary frequencies from a config: the spellings before and after transformers 5, types default, linear and llama3. */
import { z } from 'zod';
import { SondeError } from '../../core/errors.ts';
import { MAX_HEAD_SIZE } from '../../core/limits.ts';
import { parseShape } from '../../formats/json.ts';
import type { RotarySpec } from '../spec.ts';

const positive = z.number().positive();

/** One set of rotary parameters; `type` is the spelling before `rope_type`. */
const RopeParameters = z.object({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: positive.optional(),
  partial_rotary_factor: positive.max(1).optional(),
  factor: positive.optional(),
  low_freq_factor: positive.optional(),
  high_freq_factor: positive.optional(),
  original_max_position_embeddings: positive.optional(),
});

/** Config keys about rotation, to spread into a family's schema. */
export const ropeFields = {
  rope_theta: positive.optional(),
  rope_scaling: z.record(z.string(), z.unknown()).nullish(),
  rope_parameters: z.record(z.string(), z.unknown()).nullish(),
  partial_rotary_factor: positive.max(1).optional(),
};

/** What a family knows about rotation besides the stored parameters. */
export interface RopeContext {
  readonly d_head: number;
  readonly n_ctx: number;
  /** Base where the parameters name none. */
  readonly theta: number;
  /** Rotated share of each head where the parameters name none. */
  readonly share: number;
  /** Whether the family's formula can rotate a part of the head. */
  readonly partial: boolean;
  /** Config file, for messages. */
  readonly path: string;
}

/** Rotary types whose frequencies Sonde computes. */
export const ROPE_TYPES = ['default', 'linear', 'llama3'] as const;

/**
 * Rotary spec of families with one base for all layers; a non-empty `rope_scaling` wins over `rope_parameters`, as in
 * transformers 5.23 `convert_rope_params_to_dict`.
 * @throws unsupported-architecture for another rotary type; corrupt-file for wrong or missing parameters.
 */
export function readRotary(
  config: z.infer<z.ZodObject<typeof ropeFields>>,
  context: Omit<RopeContext, 'theta' | 'share' | 'partial'>,
): RotarySpec {
  const scaling = config.rope_scaling;
  const raw = scaling && Object.keys(scaling).length > 0 ? scaling : (config.rope_parameters ?? {});
  const share = config.partial_rotary_factor ?? 1;
  return rotaryFrom(raw, { ...context, theta: config.rope_theta ?? 10_000, share, partial: false });
}

/**
 * Rotary spec from one parameter dictionary.
 * @throws unsupported-architecture for another rotary type or an odd head size; corrupt-file for wrong parameters.
 */
export function rotaryFrom(raw: unknown, context: RopeContext): RotarySpec {
  const { d_head, path } = context;
  const parameters = parseShape(RopeParameters, raw, `${path} (rope parameters)`);
  const share = parameters.partial_rotary_factor ?? context.share;
  if (share !== 1 && !context.partial) {
    throw new SondeError(
      'unsupported-architecture',
      `${path}: this family rotates whole heads, not a share of ${share}.`,
      {
        path,
        found: share,
        expected: 1,
      },
    );
  }
  const dim = Math.floor(d_head * share);
  // An odd share is padded to the next pair, as transformers does; a head that is rotated whole has no room for it.
  const dims = 2 * Math.ceil(dim / 2);
  if (dim === 0 || dims > d_head || d_head > MAX_HEAD_SIZE) {
    throw new SondeError(
      'unsupported-architecture',
      `${path}: ${dim} rotated dimensions do not fit heads of ${d_head}.`,
      {
        path,
        found: { d_head, rotated: dim },
        expected: `an even number of rotated dimensions in heads of at most ${MAX_HEAD_SIZE}`,
      },
    );
  }
  const base = parameters.rope_theta ?? context.theta;
  const plain = Float64Array.from({ length: dims / 2 }, (_, i) => base ** ((-2 * i) / dim));
  return { dims, inverseFrequencies: Float32Array.from(scaled(plain, parameters, context)) };
}

function scaled(plain: Float64Array, parameters: z.infer<typeof RopeParameters>, context: RopeContext): Float64Array {
  const type = parameters.rope_type ?? parameters.type ?? 'default';
  if (type === 'default') return plain;
  if (type === 'linear') {
    const factor = required('factor', parameters.factor, type, context.path);
    return plain.map((frequency) => frequency / factor);
  }
  if (type === 'llama3') return llama3(plain, parameters, context);
  throw new SondeError(
    'unsupported-architecture',
    `${context.path}: rope type "${type}" is not supported; supported are ${ROPE_TYPES.join(', ')}.`,
    { path: context.path, found: type, expected: ROPE_TYPES },
  );
}

/** Llama 3.1: long waves are slowed by `factor`, short ones kept, the band between interpolated (transformers 5.23 `_compute_llama3_parameters`). */
function llama3(plain: Float64Array, parameters: z.infer<typeof RopeParameters>, context: RopeContext): Float64Array {
  const { path } = context;
  const factor = required('factor', parameters.factor, 'llama3', path);
  const low = required('low_freq_factor', parameters.low_freq_factor, 'llama3', path);
  const high = required('high_freq_factor', parameters.high_freq_factor, 'llama3', path);
  const trained = parameters.original_max_position_embeddings ?? context.n_ctx;
  if (high <= low) {
    throw new SondeError('corrupt-file', `${path}: high_freq_factor ${high} is not above low_freq_factor ${low}.`, {
      path,
      found: { low, high },
    });
  }
  return plain.map((frequency) => {
    const turns = (trained * frequency) / (2 * Math.PI);
    if (turns > high) return frequency;
    if (turns < low) return frequency / factor;
    const smooth = (turns - low) / (high - low);
    return ((1 - smooth) * frequency) / factor + smooth * frequency;
  });
}

function required(name: string, value: number | undefined, type: string, path: string): number {
  if (value !== undefined) return value;
  throw new SondeError('corrupt-file', `${path}: rope type "${type}" needs ${name}.`, { path, expected: name });
}
