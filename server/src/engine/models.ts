/** Loaded models and the dictionaries attached to them. */
import type { Dictionary } from '../dictionary/dictionary.ts';
import type { FeatureLabel } from '../dictionary/labels.ts';
import { type ModelHandle, modelHandle } from '../methods/model-handle.ts';
import { type Checkpoint, openCheckpoint } from '../model/checkpoint.ts';
import { openTokenizer, type TextTokenizer } from '../model/tokenizer/tokenizer.ts';
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

/** Opens a folder; no weight is read yet. */
export async function loadModel(name: string, folder: string): Promise<LoadedModel> {
  const checkpoint = openCheckpoint(folder);
  return {
    name,
    checkpoint,
    handle: modelHandle(checkpoint),
    tokenizer: await openTokenizer(folder),
    dictionaries: [],
  };
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
