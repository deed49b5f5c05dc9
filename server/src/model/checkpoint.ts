/**
 * A checkpoint folder, read and checked but not loaded: its config as a spec, and where each weight lies.
 * Invariant: every tensor that the spec names is stored with the spec's shape in a dtype that Sonde computes with.
 * Deliberately absent: weights in memory, tokenizers (`tokenizer/`), anything about graphs.
 */
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { DType } from '../core/dtype.ts';
import { nearest, SondeError } from '../core/errors.ts';
import type { FileTensor } from '../core/tensor.ts';
import { fileSize, readText, withFile } from '../files/file-reader.ts';
import { parseJson } from '../formats/json.ts';
import { readModelSpec } from './architectures/registry.ts';
import { requiredTensors } from './shapes.ts';
import type { ModelSpec } from './spec.ts';
import { readStoredTensors } from './stored-tensors.ts';

export interface Checkpoint {
  /** Absolute path. */
  readonly folder: string;
  /** config.json as parsed. */
  readonly config: unknown;
  readonly spec: ModelSpec;
  /** Every stored tensor by name, those the spec does not use (mask buffers, a vision tower) included. */
  readonly tensors: ReadonlyMap<string, FileTensor>;
  /** Bytes of all weight files, and of the tensors that the spec names. */
  readonly bytes: { readonly files: number; readonly used: number };
  /** Tokenizer files in the folder, of those that `openTokenizer` reads. */
  readonly tokenizerFiles: readonly string[];
  /** sha256, hex, of config, headers and samples of the weights: tells models apart, proves nothing. */
  readonly digest: string;
}

/** Files about tokens that a checkpoint folder may hold; only the first is indispensable. */
export const TOKENIZER_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'chat_template.jinja',
] as const;

const WEIGHT_DTYPES: readonly DType[] = ['float32', 'float16', 'bfloat16'];

/**
 * Opens and checks a Hugging Face folder; reads no weights beyond small samples.
 * @throws file-not-found, unsupported-format, unsupported-architecture, missing-tensor, shape-mismatch,
 *   unsupported-dtype, corrupt-file; each message names the file, what was found and the remedy.
 */
export function openCheckpoint(folder: string): Checkpoint {
  const absolute = resolve(folder);
  const configPath = join(absolute, 'config.json');
  const text = readText(configPath);
  const config = parseJson(text, configPath);
  const stored = readStoredTensors(absolute);
  const spec = readModelSpec(config, configPath, new Set(stored.tensors.keys()));
  const used = checkTensors(spec, stored.tensors);
  checkTie(spec, stored.tensors, configPath);
  return {
    folder: absolute,
    config,
    spec,
    tensors: stored.tensors,
    bytes: { files: stored.bytes, used },
    tokenizerFiles: TOKENIZER_FILES.filter((file) => fileSize(join(absolute, file)) !== null),
    digest: createHash('sha256').update(text).update(stored.digest).digest('hex'),
  };
}

/** Checks presence, shape and dtype of every named tensor; returns their bytes. */
function checkTensors(spec: ModelSpec, tensors: ReadonlyMap<string, FileTensor>): number {
  let bytes = 0;
  for (const [name, { shape }] of requiredTensors(spec)) {
    const found = tensors.get(name);
    if (found === undefined) {
      const near = nearest(name, tensors.keys(), 3);
      throw new SondeError(
        'missing-tensor',
        `${spec.architecture} needs tensor ${name} of shape [${shape}], which is not stored; nearest are ${near.join(', ')}.`,
        { expected: name, found: near },
      );
    }
    if (found.shape.length !== shape.length || found.shape.some((size, axis) => size !== shape[axis])) {
      throw new SondeError(
        'shape-mismatch',
        `Tensor ${name} in ${found.path} has shape [${found.shape}]; the sizes in config.json demand [${shape}].`,
        { path: found.path, tensor: name, found: found.shape, expected: shape },
      );
    }
    if (!WEIGHT_DTYPES.includes(found.dtype)) {
      throw new SondeError(
        'unsupported-dtype',
        `Tensor ${name} in ${found.path} is ${found.dtype}; weights must be ${WEIGHT_DTYPES.join(', ')}. ` +
          'Quantised checkpoints are not supported: take the original one.',
        { path: found.path, tensor: name, found: found.dtype, expected: WEIGHT_DTYPES },
      );
    }
    bytes += found.length;
  }
  return bytes;
}

const STORED_HEADS = ['lm_head.weight', 'language_model.lm_head.weight', 'embed_out.weight'];
const TIE_CHUNK_BYTES = 4096;
const TIE_SAMPLES = 16;

/**
 * A tied model may store its unembedding a second time, but it must be the same: transformers 4 drops a different
 * one and transformers 5 keeps it, so such a file means two models. Compares samples over the whole length.
 */
function checkTie(spec: ModelSpec, tensors: ReadonlyMap<string, FileTensor>, configPath: string): void {
  if (spec.W_U.weight !== spec.W_E) return;
  const head = STORED_HEADS.map((name) => tensors.get(name)).find((found) => found !== undefined);
  const table = tensors.get(spec.W_E)!;
  if (!head || sameSamples(head, table)) return;
  throw new SondeError(
    'corrupt-file',
    `${configPath} ties the unembedding to ${spec.W_E}, but a different one is stored beside it. ` +
      'Set tie_word_embeddings to false if the stored one is meant, else remove it from the file.',
    { path: configPath, found: head.shape, expected: table.shape },
  );
}

function sameSamples(a: FileTensor, b: FileTensor): boolean {
  if (a.dtype !== b.dtype || a.length !== b.length) return false;
  const length = Math.min(a.length, TIE_CHUNK_BYTES);
  const step = (a.length - length) / (TIE_SAMPLES - 1);
  return withFile(a.path, (left) =>
    withFile(b.path, (right) =>
      Array.from({ length: TIE_SAMPLES }, (_, i) => Math.floor(i * step)).every(
        (at) => Buffer.compare(left.read(a.offset + at, length), right.read(b.offset + at, length)) === 0,
      ),
    ),
  );
}
