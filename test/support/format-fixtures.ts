/** The files of test/fixtures/formats, written by the real writers, and the values they hold. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { TensorSource } from '../../server/src/core/tensor.ts';
import { type ByteReader, bufferReader } from '../../server/src/formats/byte-reader.ts';
import { expectSound, valuesOf } from './tensor-bytes.ts';

interface Expected {
  readonly [file: string]: { readonly [name: string]: { dtype: string; shape: number[]; values: number[] } };
}

/** Absolute path of a fixture. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../fixtures/formats/${name}`, import.meta.url));
}

/** A fixture's bytes behind a reader. */
export function fixtureReader(name: string): ByteReader {
  return bufferReader(readFileSync(fixturePath(name)), name);
}

/** Asserts that the tensors are exactly those that the writer recorded: names, dtypes, shapes and values. */
export function expectFixture(file: string, reader: ByteReader, tensors: ReadonlyMap<string, TensorSource>): void {
  const expected = (JSON.parse(readFileSync(fixturePath('expected.json'), 'utf8')) as Expected)[file]!;
  expect([...tensors.keys()].sort()).toEqual(Object.keys(expected).sort());
  for (const [name, { dtype, shape, values }] of Object.entries(expected)) {
    const source = tensors.get(name)!;
    expectSound(reader, source);
    expect({ name, dtype: source.dtype, shape: source.shape }).toEqual({ name, dtype, shape });
    expect(valuesOf(reader, source)).toEqual(values);
  }
}
