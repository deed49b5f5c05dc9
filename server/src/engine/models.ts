/** Loaded models and the dictionaries attached to them. */
import type { Device } from '../core/runner.ts';
import type { Dictionary } from '../dictionary/dictionary.ts';
import type { FeatureLabel } from '../dictionary/labels.ts';
import { type ModelHandle, modelHandle } from '../methods/model-handle.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import { predictMemory } from '../model/memory.ts';
import { openTokenizer, type TextTokenizer } from '../model/tokenizer/tokenizer.ts';
import type { Part } from './residency.ts';
import type { DictionaryInfo, FitSummary, ModelInfo } from './results.ts';

export interface LoadedModel {
  readonly name: string;
  readonly checkpoint: Checkpoint;
  readonly handle: ModelHandle;
  readonly tokenizer: TextTokenizer;
  readonly dictionaries: AttachedDictionary[];
}

export interface AttachedDictionary {
  readonly dictionary: Dictionary;
  readonly labels: Map<number, FeatureLabel>;
  fit: FitSummary;
}

/** A model from its checkpoint and the tokenizer beside it; no weight is read yet. */
export async function loadModel(name: string, checkpoint: Checkpoint): Promise<LoadedModel> {
  return {
    name,
    checkpoint,
    handle: modelHandle(checkpoint),
    tokenizer: await openTokenizer(checkpoint.folder),
    dictionaries: [],
  };
}

/** What a model may hold while it is open: weights packed, predictions on. */
export function modelPart({ checkpoint }: LoadedModel, device: Device): Part {
  const { total } = predictMemory(checkpoint, { predictions: true, device, weights: 'packed' });
  return { digest: checkpoint.digest, bytes: total };
}

/** What a dictionary may hold while it is open: both its matrices as float32. */
export function dictionaryPart({ dictionary: { digest, d_in, d_out, d_sae } }: AttachedDictionary): Part {
  return { digest, bytes: 4 * d_sae * (d_in + d_out) };
}

export function modelInfo({ name, checkpoint }: LoadedModel): ModelInfo {
  const { architecture, n_layers, n_ctx, d_model, d_vocab } = checkpoint.spec;
  return { name, path: checkpoint.folder, architecture, digest: checkpoint.digest, n_layers, n_ctx, d_model, d_vocab };
}

export function dictionaryInfo({ dictionary, fit }: AttachedDictionary): DictionaryInfo {
  const { name, digest, path, format, architecture, hook_in, hook_out, d_in, d_sae, folding, center_input, notes } =
    dictionary;
  const { prepend_bos } = dictionary.convention;
  return {
    name,
    digest,
    path,
    format,
    architecture,
    hook_in,
    hook_out,
    d_in,
    d_sae,
    folding,
    center_input,
    prepend_bos,
    fit,
    notes,
  };
}

/** Before its fit check. */
export const UNCHECKED: FitSummary = { status: 'unchecked', fvu: null, l0: null, cause: null };
