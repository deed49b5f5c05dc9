/** The last step of every loader: decoder norms, folding, a checked hook and a digest. */
import { SondeError } from '../../core/errors.ts';
import { hookAt, lookUp, parseHook } from '../../core/hook-name.ts';
import type { MemoryTensor } from '../../core/tensor.ts';
import type { Pieces } from '../../core/turn.ts';
import type { Dictionary, DictionaryConvention } from '../dictionary.ts';
import { rowNorms } from './matrices.ts';

/** How a dictionary is opened; absent fields take the format's own convention. */
export interface OpenDictionaryOptions {
  /** Multiply activations by ‖W_dec row‖. Default: true as Neuronpedia does, but not for top-k by plain activation. */
  readonly fold?: boolean;
  /** Subtract the mean over d_model first. Default: what the metadata says. */
  readonly center?: boolean;
  /** Where x is read, if the format does not tell or tells it wrongly; classic or bridge name. */
  readonly hook_in?: string;
  readonly hook_out?: string;
  /** Name in results; default: the folder's last parts. */
  readonly name?: string;
  /** Block index of one transcoder of a set. */
  readonly layer?: number;
}

/** What a loader finds out; the rest follows from it. */
export interface DictionaryParts extends Omit<Dictionary, 'name' | 'decoder_norms' | 'folding' | 'alternatives'> {
  /** Name unless the options give one. */
  readonly name: string;
  /** The file's own activations are h·‖W_dec row‖ already, whatever the option says. */
  readonly alwaysFolded?: boolean;
}

/** Rows within this of 1 count as unit: the activations differ by less than is shown, and a dense pass is saved. */
const UNIT_TOLERANCE = 1e-4;

export const NO_CONVENTION: DictionaryConvention = {
  prepend_bos: null,
  context_size: null,
  model_name: null,
  declared_l0: null,
  neuronpedia_id: null,
};

/** Completes a dictionary. @throws unknown-hook; invalid-params where folding or centring cannot be had. */
export function assemble(
  parts: DictionaryParts,
  options: OpenDictionaryOptions,
  decoder_norms: Float32Array,
): Dictionary {
  const { alwaysFolded = false, ...known } = parts;
  const unit = decoder_norms.every((norm) => Math.abs(norm - 1) <= UNIT_TOLERANCE);
  const fold = options.fold ?? foldsByDefault(parts);
  const hook_in = checkedHook(options.hook_in ?? parts.hook_in);
  const follows = parts.hook_in === parts.hook_out && options.hook_out === undefined;
  return {
    ...known,
    name: options.name ?? parts.name,
    hook_in,
    hook_out: follows ? hook_in : checkedHook(options.hook_out ?? parts.hook_out),
    center_input: options.center ?? parts.center_input,
    decoder_norms,
    folding: unit ? 'unit' : fold || alwaysFolded ? 'folded' : 'as-stored',
    alternatives: [],
  };
}

/** The same for a loader that needs no norms itself. */
export function* measured(parts: DictionaryParts, options: OpenDictionaryOptions): Pieces<Dictionary> {
  return assemble(parts, options, yield* rowNorms(parts.W_dec));
}

/** Per-feature float32 vector as a source. */
export function vectorSource(data: Float32Array): MemoryTensor {
  return { kind: 'memory', dtype: 'float32', shape: [data.length], data };
}

/** Normalises a hook name without knowing the model yet. @throws unknown-hook with the nearest names. */
export function checkedHook(name: string): string {
  const found = lookUp(name);
  if (found) return found.layer === null ? found.definition.suffix : hookAt(found.layer, found.definition.suffix);
  const layer = Number(/blocks\.(\d{1,3})\./.exec(name)?.[1] ?? 0);
  const everything = new Set(['learned-positions', 'sequential', 'rotary', 'gated'] as const);
  return parseHook(name, { n_layers: layer + 1, has: everything }).name;
}

/** Throws unsupported-format for a variant that is recognised and not supported. */
export function unsupported(path: string, what: string, expected: string): never {
  throw new SondeError('unsupported-format', `${path}: ${what} is not supported; expected ${expected}.`, {
    path,
    found: what,
    expected,
  });
}

/** Neuronpedia folds everything but top-k by plain activation, as SAELens refuses to there. */
function foldsByDefault({ activation }: DictionaryParts): boolean {
  if (activation.kind === 'groupmax') return false;
  return activation.kind !== 'topk' || activation.rescaleByDecoderNorm;
}
