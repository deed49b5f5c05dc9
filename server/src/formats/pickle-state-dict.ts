/**
 * An interpreter for the pickle opcodes that a state dict needs. It builds plain data and executes nothing: a name is
 * only compared with the few in `pickle-globals.ts`, and opcodes that construct objects are refused.
 * Invariant: every opcode costs bounded time and memory, except those that take what was pushed before.
 * Source: CPython 3.13 `Lib/pickletools.py`; the same subset as PyTorch 2.15 `torch/_weights_only_unpickler.py`,
 * plus the string and frame opcodes of protocols 3 to 5, minus sets.
 */
import { MAX_PICKLE_BYTES, MAX_PICKLE_OPERATIONS } from '../core/limits.ts';
import { corrupt, refuse } from './corrupt.ts';
import { createPickleCursor, type PickleCursor } from './pickle-cursor.ts';
import { applyGlobal, refuseUnsafe, resolveGlobal, resolveStorage } from './pickle-globals.ts';
import { isKind, type PickleDict, type PickleValue } from './pickle-value.ts';

interface Machine {
  readonly path: string;
  readonly cursor: PickleCursor;
  readonly stack: PickleValue[];
  /** Stack heights at which a MARK was pushed. */
  readonly marks: number[];
  /** A map, since an index may be any 32-bit number. */
  readonly memo: Map<number, PickleValue>;
}

type Operation = (machine: Machine) => void;

const STOP = 0x2e;
const MAX_PROTOCOL = 5;

const OPERATIONS: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [0x80, protocol],
  [0x95, ({ cursor }) => void cursor.skipFrame()],
  [0x28, ({ marks, stack }) => void marks.push(stack.length)],
  [0x30, (m) => void pop(m)],
  [0x31, (m) => void popMark(m)],
  [0x4e, ({ stack }) => void stack.push(null)],
  [0x88, ({ stack }) => void stack.push(true)],
  [0x89, ({ stack }) => void stack.push(false)],
  [0x4b, ({ stack, cursor }) => void stack.push(cursor.uint8())],
  [0x4d, ({ stack, cursor }) => void stack.push(cursor.uint16())],
  [0x4a, ({ stack, cursor }) => void stack.push(cursor.int32())],
  [0x8a, ({ stack, cursor }) => void stack.push(cursor.long(cursor.uint8()))],
  [0x47, ({ stack, cursor }) => void stack.push(cursor.float64())],
  [0x8c, ({ stack, cursor }) => void stack.push(cursor.text(cursor.uint8()))],
  [0x58, ({ stack, cursor }) => void stack.push(cursor.text(cursor.uint32()))],
  [0x55, ({ stack, cursor }) => void stack.push(cursor.text(cursor.uint8()))],
  [0x54, ({ stack, cursor }) => void stack.push(cursor.text(cursor.uint32()))],
  [0x7d, ({ stack }) => void stack.push({ kind: 'dict', entries: new Map() })],
  [0x5d, ({ stack }) => void stack.push({ kind: 'list', items: [] })],
  [0x29, ({ stack }) => void stack.push({ kind: 'tuple', items: [] })],
  [0x74, (m) => pushTuple(m, popMark(m))],
  [0x85, (m) => pushTuple(m, [pop(m)])],
  [0x86, (m) => pushTuple(m, [pop(m), pop(m)].reverse())],
  [0x87, (m) => pushTuple(m, [pop(m), pop(m), pop(m)].reverse())],
  [0x61, (m) => append(m, [pop(m)])],
  [0x65, (m) => append(m, popMark(m))],
  [0x73, (m) => setItems(m, [pop(m), pop(m)].reverse())],
  [0x75, (m) => setItems(m, popMark(m))],
  [0x71, (m) => void m.memo.set(m.cursor.uint8(), top(m))],
  [0x72, (m) => void m.memo.set(m.cursor.uint32(), top(m))],
  [0x94, (m) => void m.memo.set(m.memo.size, top(m))],
  [0x68, (m) => recall(m, m.cursor.uint8())],
  [0x6a, (m) => recall(m, m.cursor.uint32())],
  [0x63, ({ stack, cursor, path }) => void stack.push(resolveGlobal(cursor.line(), cursor.line(), path))],
  [0x93, stackGlobal],
  // INST names a class and calls it at once; the name is read so that the error can tell it.
  [0x69, ({ cursor, path }) => refuseUnsafe(path, `${cursor.line()}.${cursor.line()}`)],
  [0x51, (m) => void m.stack.push(resolveStorage(pop(m), m.path))],
  [0x52, reduce],
  [0x62, build],
]);

/**
 * Interprets a pickle program whose result is a dict.
 * @throws unsafe-file for any global or opcode that a state dict does not need; corrupt-file for a broken program;
 * unsupported-format for results and keys of another kind; too-large above the limits on bytes and operations.
 */
export function readPickledStateDict(bytes: Uint8Array, path: string): PickleDict {
  if (bytes.length > MAX_PICKLE_BYTES) tooLarge(path, `${bytes.length} bytes`, `at most ${MAX_PICKLE_BYTES} bytes`);
  const machine: Machine = { path, cursor: createPickleCursor(bytes, path), stack: [], marks: [], memo: new Map() };
  for (let count = 0; count < MAX_PICKLE_OPERATIONS; count++) {
    const opcode = machine.cursor.uint8();
    if (opcode === STOP) {
      const result = pop(machine);
      if (isKind(result, 'dict')) return result;
      const remedy = 'Save model.state_dict() instead of the object.';
      refuse('unsupported-format', {
        path,
        problem: 'pickled result',
        found: 'another value',
        expected: 'a dict',
        remedy,
      });
    }
    const operation = OPERATIONS.get(opcode) ?? refuseUnsafe(path, `opcode 0x${opcode.toString(16).padStart(2, '0')}`);
    operation(machine);
  }
  tooLarge(path, 'more opcodes', `at most ${MAX_PICKLE_OPERATIONS}`);
}

function protocol({ cursor, path }: Machine): void {
  const version = cursor.uint8();
  if (version > MAX_PROTOCOL) corrupt(path, 'pickle protocol', version, `at most ${MAX_PROTOCOL}`);
}

/** Values above the last MARK stay: they belong to whoever pops the mark. */
function pop({ stack, marks, path }: Machine): PickleValue {
  if (stack.length <= (marks.at(-1) ?? 0)) corrupt(path, 'pickle program', 'an empty stack', 'a value');
  return stack.pop()!;
}

function top({ stack, marks, path }: Machine): PickleValue {
  if (stack.length <= (marks.at(-1) ?? 0)) corrupt(path, 'pickle program', 'an empty stack', 'a value');
  return stack.at(-1)!;
}

function popMark({ stack, marks, path }: Machine): PickleValue[] {
  const mark = marks.pop() ?? corrupt(path, 'pickle program', 'no mark', 'a mark');
  return stack.splice(mark);
}

function pushTuple({ stack }: Machine, items: PickleValue[]): void {
  stack.push({ kind: 'tuple', items });
}

function append(machine: Machine, items: readonly PickleValue[]): void {
  const list = top(machine);
  if (!isKind(list, 'list')) corrupt(machine.path, 'pickle program', 'an append to another value', 'a list');
  for (const item of items) list.items.push(item);
}

function setItems(machine: Machine, items: readonly PickleValue[]): void {
  const { path } = machine;
  const dict = top(machine);
  if (!isKind(dict, 'dict') || items.length % 2 !== 0)
    corrupt(path, 'pickle program', 'items for another value', 'a dict');
  for (let i = 0; i < items.length; i += 2) {
    const key = items[i]!;
    if (typeof key !== 'string') {
      const remedy = 'Save only the state_dict of the dictionary.';
      refuse('unsupported-format', { path, problem: 'dict key', found: 'another type', expected: 'strings', remedy });
    }
    dict.entries.set(key, items[i + 1]!);
  }
}

function recall({ memo, stack, path }: Machine, index: number): void {
  const value = memo.get(index);
  if (value === undefined) corrupt(path, 'pickle memo', `no value ${index}`, 'a stored value');
  stack.push(value);
}

function stackGlobal(machine: Machine): void {
  const name = pop(machine);
  const module = pop(machine);
  if (typeof module !== 'string' || typeof name !== 'string')
    corrupt(machine.path, 'pickled global', 'other values', 'two strings');
  machine.stack.push(resolveGlobal(module, name, machine.path));
}

function reduce(machine: Machine): void {
  const args = pop(machine);
  machine.stack.push(applyGlobal(pop(machine), args, machine.path));
}

/** The state of a dict is its `_metadata`, module versions that mean nothing here; no other value has a state. */
function build(machine: Machine): void {
  pop(machine);
  if (!isKind(top(machine), 'dict')) refuseUnsafe(machine.path, 'BUILD on a value that is no dict');
}

function tooLarge(path: string, found: string, expected: string): never {
  refuse('too-large', { path, problem: 'pickle program', found, expected, remedy: 'Convert the file to safetensors.' });
}
