import { expect, test } from 'vitest';
import { SondeError } from '../../server/src/core/errors.ts';
import type { TensorSource } from '../../server/src/core/tensor.ts';
import { type ByteReader, bufferReader } from '../../server/src/formats/byte-reader.ts';
import { readNpz } from '../../server/src/formats/npz.ts';
import { fileTensor, readSafetensorsHeader } from '../../server/src/formats/safetensors.ts';
import { isTensorSource, readTorchStateDict, type StateValue } from '../../server/src/formats/torch-zip.ts';
import { fixtureReader } from '../support/format-fixtures.ts';
import { createRandom, mutate } from '../support/mutate.ts';
import { problemOf } from '../support/tensor-bytes.ts';

const ROUNDS = 1500;
/** The valid files hold less than 10 kB; what damage may unfold is bounded by core/limits. */
const LARGEST_COPY = 65 * 2 ** 20;

function safetensors(reader: ByteReader): TensorSource[] {
  return [...readSafetensorsHeader(reader).tensors.values()].map((entry) => fileTensor(entry, reader.path));
}

const npz = (reader: ByteReader): TensorSource[] => [...readNpz(reader).values()];

function torch(reader: ByteReader): TensorSource[] {
  const found: TensorSource[] = [];
  const visit = (value: StateValue): void => {
    if (isTensorSource(value)) found.push(value);
    else if (value instanceof Map || Array.isArray(value)) for (const item of value.values()) visit(item);
  };
  visit(readTorchStateDict(reader));
  return found;
}

const CASES: readonly [string, (reader: ByteReader) => TensorSource[], (size: number) => readonly [number, number]][] =
  [
    ['real.safetensors', safetensors, () => [0, 560]],
    ['stored.npz', npz, (size) => [size - 400, size]],
    ['stored.npz', npz, () => [0, 300]],
    ['deflated.npz', npz, (size) => [size - 500, size]],
    ['deflated.npz', npz, () => [0, 600]],
    ['state.pt', torch, () => [60, 1340]],
    ['state.pt', torch, (size) => [size - 1100, size]],
    ['state-protocol4.pt', torch, () => [60, 1340]],
    ['module.pt', torch, () => [60, 700]],
  ];

test.each(CASES)(`${ROUNDS} damaged copies of %s are refused or sound`, (file, parse, focus) => {
  const valid = new Uint8Array(fixtureReader(file).read(0, fixtureReader(file).size));
  const random = createRandom(20_261);
  const outcomes = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    const reader = bufferReader(mutate(valid, random, focus(valid.length)));
    let outcome = 'sound';
    let copied = 0;
    try {
      for (const source of parse(reader)) {
        const problem = problemOf(reader, source);
        if (problem !== null) throw new Error(problem);
        if (source.kind === 'memory') copied += source.data.byteLength;
      }
    } catch (error) {
      // Anything but a refusal of the file fails the test as it is, with its own stack.
      if (!(error instanceof SondeError && (error.family === 'artifact' || error.family === 'resource'))) throw error;
      outcome = error.kind;
    }
    if (copied > LARGEST_COPY) throw new Error(`round ${round} copied ${copied} bytes`);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  // Damage that never reaches the parser, or never passes it, would test nothing.
  expect(outcomes.get('sound') ?? 0).toBeGreaterThan(0);
  expect(outcomes.get('corrupt-file') ?? 0).toBeGreaterThan(ROUNDS / 4);
});
