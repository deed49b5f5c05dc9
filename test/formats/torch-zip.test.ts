import { expect, test } from 'vitest';
import type { TensorSource } from '../../server/src/core/tensor.ts';
import { bufferReader } from '../../server/src/formats/byte-reader.ts';
import { isTensorSource, readTorchStateDict } from '../../server/src/formats/torch-zip.ts';
import { expectError } from '../support/expect-error.ts';
import { expectFixture, fixtureReader } from '../support/format-fixtures.ts';
import { dictOf, integer, pickle, tensorOf, text, uint32 } from '../support/pickle-builder.ts';
import { valuesOf } from '../support/tensor-bytes.ts';
import { type BuiltEntry, buildZip } from '../support/zip-builder.ts';

const content = (value: string | Uint8Array) => (typeof value === 'string' ? new TextEncoder().encode(value) : value);
const floats = (...values: number[]) => new Uint8Array(new Float32Array(values).buffer);

/** A checkpoint from a program and storages. */
function checkpoint(program: Uint8Array, files: Readonly<Record<string, string | Uint8Array>> = {}, deflate = false) {
  const entries: BuiltEntry[] = [{ name: 'ae/data.pkl', content: program }];
  for (const [name, value] of Object.entries(files))
    entries.push({ name: `ae/${name}`, content: content(value), deflate });
  return bufferReader(buildZip(entries));
}

const tensorsOf = (state: ReadonlyMap<string, unknown>) =>
  new Map([...state].filter((item): item is [string, TensorSource] => isTensorSource(item[1] as TensorSource)));

test.each(['state.pt', 'state-protocol4.pt', 'module.pt', 'parameters.pt'])(
  'every tensor of %s by torch.save is read exactly',
  (file) => {
    const reader = fixtureReader(file);
    expectFixture(file, reader, tensorsOf(readTorchStateDict(reader)));
  },
);

test('plain values of a state dict are read', () => {
  const state = readTorchStateDict(fixtureReader('state.pt'));
  const plain = Object.fromEntries([...state].filter(([, value]) => !isTensorSource(value)));
  expect(plain).toEqual({
    k: 32,
    negative: -70_000,
    big: 2 ** 40,
    threshold: -1.5,
    name: 'TopK',
    flag: true,
    nothing: null,
    group_sizes: [1, 2, 3],
    size: [4, 6],
    nested: new Map<string, unknown>([
      ['k', 4],
      ['postact_fn', 'ReLU'],
    ]),
  });
});

test('contiguous views share the file, strided ones are copied', () => {
  const state = tensorsOf(readTorchStateDict(fixtureReader('state.pt')));
  const kinds = (names: readonly string[]) => names.map((name) => state.get(name)!.kind);
  expect(kinds(['encoder.weight', 'slice', 'scalar', 'empty'])).toEqual(['file', 'file', 'file', 'file']);
  expect(kinds(['transposed', 'strided', 'expanded'])).toEqual(['memory', 'memory', 'memory']);
  const [whole, slice] = [state.get('encoder.weight')!, state.get('slice')!];
  if (whole.kind === 'file' && slice.kind === 'file') expect(slice.offset - whole.offset).toBe(6 * 4);
});

test('a deflated storage is read into memory', () => {
  const reader = checkpoint(
    dictOf('w', tensorOf('FloatStorage', '0', 3, 1, [2], [1])),
    { 'data/0': floats(1, 2, 3) },
    true,
  );
  const source = readTorchStateDict(reader).get('w') as TensorSource;
  expect([source.kind, valuesOf(reader, source)]).toEqual(['memory', [2, 3]]);
});

test('a pickled module object is unsafe, its class is named', () => {
  expectError('unsafe-file', () => readTorchStateDict(fixtureReader('whole-module.pt')), 'torch.nn.modules');
});

test('a file without zip is unsupported, with a remedy', () => {
  expectError(
    'unsupported-format',
    () => readTorchStateDict(fixtureReader('legacy.pt')),
    'before PyTorch 1.6',
    'torch.save',
  );
});

test('other containers are refused', () => {
  const empty = dictOf('a', pickle('N'));
  expectError('corrupt-file', () => readTorchStateDict(bufferReader(new Uint8Array(3))), 'zip archive');
  expectError('corrupt-file', () => readTorchStateDict(fixtureReader('stored.npz')), 'data.pkl');
  expectError(
    'unsupported-format',
    () => readTorchStateDict(checkpoint(empty, { 'constants.pkl': '' })),
    'TorchScript',
  );
  expectError('unsupported-format', () => readTorchStateDict(checkpoint(empty, { byteorder: 'big' })), 'big');
});

const ONE = { 'data/0': floats(1, 2, 3, 4) };
const BAD_TENSORS: readonly [string, Uint8Array, string][] = [
  ['leaves its storage', tensorOf('FloatStorage', '0', 4, 1, [4], [1]), 'leaves storage'],
  ['leaves its storage by its strides', tensorOf('FloatStorage', '0', 4, 0, [2, 2], [3, 1]), 'leaves storage'],
  ['starts outside although empty', tensorOf('FloatStorage', '0', 4, 5, [0], [1]), 'leaves storage'],
  ['declares another length', tensorOf('FloatStorage', '0', 5, 0, [1], [1]), '16 bytes'],
  ['declares another dtype', tensorOf('HalfStorage', '0', 4, 0, [1], [1]), 'float16'],
];

test.each(BAD_TENSORS)('a tensor that %s is corrupt', (_, tensor, message) => {
  expectError('corrupt-file', () => readTorchStateDict(checkpoint(dictOf('x', tensor), ONE)), message);
});

test('a storage that is not in the archive is missing, whatever its key', () => {
  for (const key of ['1', '../data.pkl', '__proto__']) {
    expectError(
      'missing-tensor',
      () => readTorchStateDict(checkpoint(dictOf('x', tensorOf('FloatStorage', key, 4, 0, [1], [1])), ONE)),
      key,
    );
  }
});

test('a tensor expanded to terabytes is refused before it is copied', () => {
  const bomb = tensorOf('FloatStorage', '0', 4, 0, [2 ** 30, 2 ** 10], [0, 0]);
  expectError('too-large', () => readTorchStateDict(checkpoint(dictOf('x', bomb), ONE)), 'bomb');
});

test('many expanded tensors are refused together', () => {
  const tensor = tensorOf('FloatStorage', '0', 4, 0, [2 ** 20], [0]);
  const many = pickle('(', ...Array.from({ length: 40 }, () => tensor), 't');
  expectError('too-large', () => readTorchStateDict(checkpoint(dictOf('x', many), ONE)), 'bomb');
});

test('a dict that contains itself and a list that doubles forever are refused', () => {
  const cycle = pickle('}q', 0, text('a'), 'h', 0, 's.');
  expectError('too-large', () => readTorchStateDict(checkpoint(cycle)), 'levels');
  // Each level holds the one below twice: 2^30 values from two hundred bytes.
  const levels = Array.from({ length: 30 }, (_, i) => pickle(0x86, 'r', uint32(i + 1), 'j', uint32(i + 1)));
  const bomb = dictOf('x', pickle('NN', ...levels.slice(0, 29), 0x86));
  expectError('too-large', () => readTorchStateDict(checkpoint(bomb)), 'values');
});

test('names and storages that no tensor uses are unsafe', () => {
  expectError(
    'unsafe-file',
    () => readTorchStateDict(checkpoint(dictOf('x', pickle('ctorch\nSize\n')))),
    'a bare global',
  );
  const storage = pickle('(', text('storage'), 'ctorch\nFloatStorage\n', text('0'), text('cpu'), integer(4), 'tQ');
  expectError('unsafe-file', () => readTorchStateDict(checkpoint(dictOf('x', storage), ONE)), 'a bare storage');
});
