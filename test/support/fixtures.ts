/** Committed fixtures: where they are, and their reference tensors in memory. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DType, type TypedArray, toFloat32, viewBytes } from '../../server/src/core/dtype.ts';
import { withFile } from '../../server/src/files/file-reader.ts';
import { readSafetensorsHeader } from '../../server/src/formats/safetensors.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url));

/** Absolute path inside test/fixtures. */
export function fixturePath(...parts: string[]): string {
  return join(FIXTURES, ...parts);
}

/** Names of the committed checkpoints. */
export function modelFixtures(): string[] {
  return readdirSync(fixturePath('models'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** A stored tensor in memory. */
export interface Stored {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

/** Every tensor of a safetensors file, by name. */
export function readTensors(path: string): Map<string, Stored> {
  return withFile(path, (reader) => {
    const { tensors } = readSafetensorsHeader(reader);
    return new Map(
      [...tensors].map(([name, { dtype, shape, offset, length }]) => [
        name,
        { dtype, shape, data: viewBytes(dtype, reader.read(offset, length)) },
      ]),
    );
  });
}

/** The numbers of a stored tensor as float32. */
export function floats(stored: Stored): Float32Array {
  return toFloat32(stored.dtype, stored.data);
}
