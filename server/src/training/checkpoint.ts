/**
 * Checkpoints of a training run: one safetensors file with the whole state, and in its metadata the steps done, the
 * position in the data and the digest of the config. It replaces its predecessor by rename.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { viewBytes } from '../core/dtype.ts';
import { SondeError } from '../core/errors.ts';
import type { Tensor } from '../core/tensor.ts';
import { fileSize, withFile } from '../files/file-reader.ts';
import { writeAtomically } from '../files/file-writer.ts';
import { readSafetensorsHeader, writeSafetensors } from '../formats/safetensors.ts';
import type { StateProgram } from './state.ts';

export const CHECKPOINT_FILE = 'training.safetensors';

/** A plain JSON value that says where the data goes on. */
export type Position = number | Readonly<Record<string, number>>;

export interface TrainingCheckpoint {
  /** Steps done. */
  readonly step: number;
  readonly position: Position;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** sha256 hex of a config's JSON. */
export function configDigest(config: unknown): string {
  return createHash('sha256').update(JSON.stringify(config)).digest('hex');
}

/** Writes a checkpoint into a run's folder; returns its path. */
export function saveCheckpoint(
  folder: string,
  digest: string,
  { step, position, tensors }: TrainingCheckpoint,
): string {
  const path = join(folder, CHECKPOINT_FILE);
  const metadata = { step: String(step), position: JSON.stringify(position), config: digest };
  writeAtomically(path, writeSafetensors(tensors, metadata));
  return path;
}

/**
 * The checkpoint in a run's folder; null when there is none.
 * @throws invalid-params when it belongs to another config; corrupt-file when it lacks a tensor or a field.
 */
export function loadCheckpoint(
  folder: string,
  digest: string,
  shapes: StateProgram['shapes'],
): TrainingCheckpoint | null {
  const path = join(folder, CHECKPOINT_FILE);
  if (fileSize(path) === null) return null;
  return withFile(path, (reader) => {
    const { tensors, metadata } = readSafetensorsHeader(reader);
    if (metadata.get('config') !== digest) {
      throw new SondeError(
        'invalid-params',
        `${path} is the checkpoint of another config (${metadata.get('config')}; this one is ${digest}). ` +
          'Resume with the config it was started with, or train into another folder.',
        { path, found: metadata.get('config'), expected: digest },
      );
    }
    const step = Number(metadata.get('step'));
    if (!Number.isSafeInteger(step)) incomplete(path, 'step');
    const loaded = [...shapes].map(([name, shape]) => {
      const entry = tensors.get(name);
      if (entry?.dtype !== 'float32' || String(entry.shape) !== String(shape)) incomplete(path, name);
      const data = viewBytes('float32', reader.read(entry.offset, entry.length));
      return [name, { dtype: 'float32', shape, data }] as const;
    });
    return { step, position: JSON.parse(metadata.get('position') ?? 'null') as Position, tensors: new Map(loaded) };
  });
}

function incomplete(path: string, what: string): never {
  throw new SondeError('corrupt-file', `${path} has no valid ${what}; remove the file to start again.`, {
    path,
    expected: what,
  });
}
