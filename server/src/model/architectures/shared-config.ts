/** Pieces of config reading that every family shares: field types, activations, refusals and tensor names. */
import { z } from 'zod';
import { SondeError } from '../../core/errors.ts';
import { MAX_LAYERS } from '../../core/limits.ts';
import type { Activation, ModelSpec } from '../spec.ts';

/** What a family reads its spec from. */
export interface ConfigSource {
  /** `architectures[0]`, or the one that `model_type` implies. */
  readonly architecture: string;
  readonly config: unknown;
  /** Names of the stored tensors; null when only the config is known, then the usual names are taken. */
  readonly names: ReadonlySet<string> | null;
  /** Config file, for messages. */
  readonly path: string;
}

/** A supported family: the architectures it answers to and its reader. */
export interface Family {
  readonly architectures: readonly string[];
  /** `model_type` to architecture, for configs that name no architecture. */
  readonly modelTypes: Readonly<Record<string, string>>;
  readonly read: (source: ConfigSource) => ModelSpec;
}

/** A count: a positive integer. */
export const count = z
  .int()
  .positive()
  .max(2 ** 31 - 1);
/** Number of blocks. */
export const layerCount = count.max(MAX_LAYERS);
/** A number above zero. */
export const positive = z.number().positive();

const ACTIVATIONS: ReadonlyMap<string, Activation> = new Map([
  ['gelu', 'gelu'],
  ['gelu_python', 'gelu'],
  ['gelu_new', 'gelu_tanh'],
  ['gelu_fast', 'gelu_tanh'],
  ['gelu_accurate', 'gelu_tanh'],
  ['gelu_pytorch_tanh', 'gelu_tanh'],
  ['gelu_python_tanh', 'gelu_tanh'],
  ['silu', 'silu'],
  ['swish', 'silu'],
  ['relu', 'relu'],
]);

/**
 * Activation of a `hidden_act` name; the tanh spellings differ in rounding only (transformers 5.23 `activations.py`).
 * @throws unsupported-architecture with the names that are supported.
 */
export function activationOf(name: string, path: string): Activation {
  const activation = ACTIVATIONS.get(name);
  if (activation) return activation;
  const known = [...ACTIVATIONS.keys()];
  throw new SondeError(
    'unsupported-architecture',
    `${path}: activation "${name}" is not supported; supported are ${known.join(', ')}.`,
    { path, found: name, expected: known },
  );
}

/** Throws `corrupt-file` for a config whose fields contradict each other. */
export function contradiction(path: string, message: string, data: object = {}): never {
  throw new SondeError('corrupt-file', `${path}: ${message}`, { path, ...data });
}

/** Throws `unsupported-architecture` when a switch that changes the formula is set. */
export function refuse(source: ConfigSource, field: string, set: boolean): void {
  if (!set) return;
  throw new SondeError(
    'unsupported-architecture',
    `${source.path}: ${source.architecture} with ${field} set is not supported.`,
    { path: source.path, found: field },
  );
}

/** Whole size of a head where the config names none. @throws corrupt-file when the heads do not divide the width. */
export function derivedHeadSize(d_model: number, n_heads: number, path: string): number {
  if (d_model % n_heads === 0) return d_model / n_heads;
  return contradiction(path, `width ${d_model} is not a multiple of ${n_heads} heads, and no head_dim is given.`, {
    found: { d_model, n_heads },
  });
}

/**
 * The prefix under which `anchor` is stored, of the ones that a family uses; the first when only the config is known.
 * @throws missing-tensor naming every place where it was looked for.
 */
export function resolvePrefix(source: ConfigSource, prefixes: readonly string[], anchor: string): string {
  const { names, path } = source;
  const found = names === null ? prefixes[0] : prefixes.find((prefix) => names.has(prefix + anchor));
  if (found !== undefined) return found;
  const wanted = prefixes.map((prefix) => prefix + anchor);
  throw new SondeError(
    'missing-tensor',
    `No tensor ${wanted.join(' or ')} is stored; ${source.architecture} in ${path} needs it.`,
    { path, expected: wanted },
  );
}
