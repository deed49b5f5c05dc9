import { expect, test } from 'vitest';
import { readPickledStateDict } from '../../server/src/formats/pickle-state-dict.ts';
import { expectError } from '../support/expect-error.ts';
import { dictOf, global, integer, pickle, tensorOf, text, uint32 } from '../support/pickle-builder.ts';

const read = (program: Uint8Array) => readPickledStateDict(program, 'data.pkl');
const value = (program: Uint8Array) => read(dictOf('x', program)).entries.get('x');
const short = (name: string): Uint8Array => pickle(0x8c, name.length, name);

const PLAIN: readonly [string, Uint8Array, unknown][] = [
  ['None', pickle('N'), null],
  ['True', pickle(0x88), true],
  ['BININT1', pickle('K', 255), 255],
  ['BININT2', pickle('M', 1, 1), 257],
  ['BININT', integer(-70_000), -70_000],
  ['LONG1', pickle(0x8a, 6, 0, 0, 0, 0, 0, 0xff), -(2 ** 40)],
  ['an empty LONG1', pickle(0x8a, 0), 0],
  ['BINFLOAT', pickle('G', 0xbf, 0xf8, 0, 0, 0, 0, 0, 0), -1.5],
  ['SHORT_BINUNICODE', short('a'), 'a'],
  ['BINUNICODE', text('☃'), '☃'],
  ['SHORT_BINSTRING', pickle('U', 1, 'a'), 'a'],
  ['a value that was dropped', pickle('NK', 5, '0K', 6, 0x86), { kind: 'tuple', items: [null, 6] }],
  ['a list', pickle(']NaNa(K', 1, 'K', 2, 'e'), { kind: 'list', items: [null, null, 1, 2] }],
  ['a tuple', pickle('NNN', 0x87), { kind: 'tuple', items: [null, null, null] }],
  ['torch.Size', pickle(global('torch', 'Size'), 'K', 3, 0x85, 0x85, 'R'), { kind: 'tuple', items: [3] }],
  ['a memoised value', pickle(text('a'), 'q', 9, '0h', 9), 'a'],
  ['a value memoised at the largest index', pickle(text('a'), 'r', uint32(0xffffffff), '0j', uint32(0xffffffff)), 'a'],
  ['MEMOIZE', pickle(0x8c, 1, 'a', 0x94, '0h', 0), 'a'],
];

test.each(PLAIN)('%s is read', (_, program, expected) => {
  expect(value(program)).toEqual(expected);
});

test('an OrderedDict with its state is a dict', () => {
  const dict = pickle(global('collections', 'OrderedDict'), ')R(', text('k'), 'K', 4, 'u}', text('_metadata'), '}sb');
  expect(value(dict)).toEqual({ kind: 'dict', entries: new Map([['k', 4]]) });
});

test('a parameter is its tensor', () => {
  const tensor = tensorOf('HalfStorage', '0', 6, 1, [2, 2], [2, 1]);
  const parameter = pickle(
    global('torch._utils', '_rebuild_parameter'),
    tensor,
    0x88,
    global('collections', 'OrderedDict'),
    ')R',
    0x87,
    'R',
  );
  expect(value(parameter)).toEqual({
    kind: 'tensor',
    storage: { kind: 'storage', dtype: 'float16', key: '0', length: 6 },
    offset: 1,
    shape: [2, 2],
    strides: [2, 1],
  });
});

const command = pickle(text('touch /tmp/owned'), 0x85);
const odict = global('collections', 'OrderedDict');
const HOSTILE: readonly [string, Uint8Array, string][] = [
  ['os.system by GLOBAL and REDUCE', pickle(global('os', 'system'), command, 'R'), 'os.system'],
  ['posix.system', pickle(global('posix', 'system'), command, 'R'), 'posix.system'],
  ['builtins.eval', pickle(global('builtins', 'eval'), command, 'R'), 'builtins.eval'],
  ['os.system by STACK_GLOBAL', pickle(short('os'), short('system'), 0x93, command, 'R'), 'os.system'],
  ['os.system by INST', pickle('(', text('id'), 'ios\nsystem\n'), 'os.system'],
  ['os.system by OBJ', pickle('(', global('os', 'system'), text('id'), 'o'), 'os.system'],
  ['an allowed name by OBJ', pickle('(', odict, 'o'), 'opcode 0x6f'],
  ['an allowed name by NEWOBJ', pickle(odict, ')', 0x81), 'opcode 0x81'],
  ['an allowed name by NEWOBJ_EX', pickle(odict, ')}', 0x92), 'opcode 0x92'],
  ['the extension registry', pickle(0x82, 1), 'opcode 0x82'],
  ['a persistent id as text', pickle('P0\n'), 'opcode 0x50'],
  ['BUILD on a tensor', pickle(tensorOf('FloatStorage', '0', 1, 0, [1], [1]), '}b'), 'BUILD'],
  ['BUILD on a name', pickle(odict, '}', text('__setstate__'), global('os', 'system'), 'sb'), 'os.system'],
  ['BUILD on a list', pickle(']}b'), 'BUILD'],
  ['a call of a storage type', pickle(global('torch', 'FloatStorage'), ')R'), 'torch.FloatStorage'],
  ['a call of a text', pickle(text('os.system'), command, 'R'), 'plain data'],
  ['a name with dots', pickle(global('collections', 'OrderedDict.fromkeys'), command, 'R'), 'OrderedDict.fromkeys'],
  ['a module with dots', pickle(global('collections.OrderedDict', 'x'), ')R'), 'collections.OrderedDict.x'],
  ['an attribute of torch', pickle(global('torch', 'load'), command, 'R'), 'torch.load'],
  ['a numpy scalar', pickle(global('numpy.core.multiarray', 'scalar'), ')R'), 'numpy.core.multiarray.scalar'],
  ['__proto__', pickle(global('torch', '__proto__'), ')R'), 'torch.__proto__'],
  ['sets', pickle(0x8f), 'opcode 0x8f'],
];

test.each(HOSTILE)('%s is unsafe and is named', (_, program, named) => {
  expectError('unsafe-file', () => read(dictOf('x', program)), named, 'Nothing was executed');
  expectError('unsafe-file', () => read(pickle(0x80, 2, program, '.')), named);
});

const BROKEN: readonly [string, Uint8Array][] = [
  ['nothing', pickle()],
  ['no STOP', pickle(0x80, 2, '}')],
  ['an unknown protocol', pickle(0x80, 6)],
  ['a pop of nothing', pickle('0')],
  ['a pop below a mark', pickle('}(0')],
  ['a mark that is missing', pickle('t')],
  ['a memo of nothing', pickle('q', 0)],
  ['a recall of nothing', pickle('h', 0)],
  ['a text beyond the end', pickle('X', uint32(0xffffffff), 'a')],
  ['a text that is not UTF-8', pickle('X', uint32(1), 0xff)],
  ['a name without an end', pickle('c', 'a'.repeat(1000), '\n')],
  ['items without values', pickle('}(', text('a'), 'u')],
  ['items of a list', pickle(']', text('a'), 'Ns')],
  ['an append to a dict', pickle('}Na')],
  ['a STACK_GLOBAL of numbers', pickle('K', 1, 'K', 1, 0x93)],
  ['a persistent id that is no storage', pickle(text('x'), 'Q')],
  ['a storage of negative length', tensorOf('FloatStorage', '0', -1, 0, [], [])],
  ['a tensor with a negative stride', tensorOf('FloatStorage', '0', 4, 3, [2], [-1])],
  ['a tensor with too few strides', tensorOf('FloatStorage', '0', 4, 0, [2, 2], [1])],
  ['a tensor above the rank limit', tensorOf('FloatStorage', '0', 1, 0, Array(9).fill(1), Array(9).fill(1))],
  ['a tensor without a storage', pickle(global('torch._utils', '_rebuild_tensor_v2'), ')R')],
  ['a parameter without a tensor', pickle(global('torch._utils', '_rebuild_parameter'), 'N', 0x85, 'R')],
  ['an OrderedDict with arguments', pickle(odict, 'N', 0x85, 'R')],
  ['arguments that are no tuple', pickle(odict, ']R')],
];

test.each(BROKEN)('a program with %s is corrupt', (_, program) => {
  expectError('corrupt-file', () => read(program));
});

test('keys that are no texts, results that are no dicts and huge integers are unsupported', () => {
  expectError('unsupported-format', () => read(pickle('}NNs.')), 'dict key');
  expectError('unsupported-format', () => read(pickle('N.')), 'state_dict');
  expectError('unsupported-format', () => value(pickle(0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 0x70)), '2^53');
});

test('programs that are too long or run too many opcodes are refused', () => {
  expectError('too-large', () => read(new Uint8Array(8 * 2 ** 20 + 1)), 'bytes');
  expectError('too-large', () => read(new Uint8Array(2 * 2 ** 20).fill(0x4e)), 'opcodes');
  expectError('too-large', () => read(new Uint8Array(2 * 2 ** 20).fill(0x28)), 'opcodes');
});
