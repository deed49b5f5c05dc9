/**
 * The only names a pickled state dict may refer to, and what applying one of them to arguments means here.
 * Every other name is refused before it could mean anything.
 * Source: PyTorch 2.15 `torch/_utils.py` (_rebuild_tensor_v2, _rebuild_parameter), `torch/serialization.py`.
 */
import type { DType } from '../core/dtype.ts';
import { MAX_TENSOR_RANK } from '../core/limits.ts';
import { corrupt, refuse } from './corrupt.ts';
import { isKind, type PickleGlobal, type PickleStorage, type PickleTensor, type PickleValue } from './pickle-value.ts';

const STORAGES: ReadonlyMap<string, DType> = new Map<string, DType>([
  ['torch.FloatStorage', 'float32'],
  ['torch.DoubleStorage', 'float64'],
  ['torch.HalfStorage', 'float16'],
  ['torch.BFloat16Storage', 'bfloat16'],
  ['torch.LongStorage', 'int64'],
  ['torch.IntStorage', 'int32'],
  ['torch.ShortStorage', 'int16'],
  ['torch.CharStorage', 'int8'],
  ['torch.ByteStorage', 'uint8'],
  ['torch.BoolStorage', 'bool'],
]);

const CALLABLES: ReadonlyMap<string, (args: readonly PickleValue[], path: string) => PickleValue> = new Map([
  ['collections.OrderedDict', orderedDict],
  ['torch.Size', size],
  ['torch._utils._rebuild_tensor_v2', rebuildTensor],
  ['torch._utils._rebuild_parameter', rebuildParameter],
]);

/** The reference to a name. @throws unsafe-file for a name that a state dict does not need. */
export function resolveGlobal(module: string, name: string, path: string): PickleGlobal {
  const qualified = `${module}.${name}`;
  if (STORAGES.has(qualified) || CALLABLES.has(qualified)) return { kind: 'global', name: qualified };
  refuseUnsafe(path, qualified);
}

/** The result of calling a name. @throws unsafe-file for values that are not callable; corrupt-file for wrong arguments. */
export function applyGlobal(callee: PickleValue, args: PickleValue, path: string): PickleValue {
  const call = isKind(callee, 'global') ? CALLABLES.get(callee.name) : undefined;
  if (call === undefined) refuseUnsafe(path, `a call of ${isKind(callee, 'global') ? callee.name : 'plain data'}`);
  if (!isKind(args, 'tuple')) corrupt(path, 'pickled call', 'other arguments', 'a tuple');
  return call(args.items, path);
}

/** The storage that a persistent id names: ('storage', type, key, location, elements). @throws corrupt-file */
export function resolveStorage(id: PickleValue, path: string): PickleStorage {
  const [tag, type, key, , length] = isKind(id, 'tuple') ? id.items : [];
  const dtype = isKind(type, 'global') ? STORAGES.get(type.name) : undefined;
  if (tag !== 'storage' || dtype === undefined || typeof key !== 'string' || !isCount(length)) {
    corrupt(path, 'persistent id', 'another value', "('storage', type, key, location, elements)");
  }
  return { kind: 'storage', dtype, key, length };
}

/** Throws `unsafe-file` naming what a state dict does not need. */
export function refuseUnsafe(path: string, found: string): never {
  refuse('unsafe-file', {
    path,
    problem: 'the pickle asks for more than a state dict needs',
    found,
    expected: 'tensors, numbers, strings and dicts of them',
    remedy: 'Nothing was executed. Save a plain state_dict, or convert it to safetensors in an environment you trust.',
  });
}

function isCount(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function orderedDict(args: readonly PickleValue[], path: string): PickleValue {
  if (args.length > 0) corrupt(path, 'OrderedDict', `${args.length} arguments`, 'none');
  return { kind: 'dict', entries: new Map() };
}

function size(args: readonly PickleValue[], path: string): PickleValue {
  return { kind: 'tuple', items: [...counts(args[0], path, 'torch.Size')] };
}

/** (storage, storage_offset, size, stride, requires_grad, backward_hooks[, metadata]); offsets and strides in elements. */
function rebuildTensor(args: readonly PickleValue[], path: string): PickleTensor {
  const [storage, offset, shapeValue, stridesValue] = args;
  if (!isKind(storage, 'storage') || !isCount(offset))
    corrupt(path, 'pickled tensor', 'another value', 'a storage and an offset');
  const shape = counts(shapeValue, path, 'tensor shape');
  const strides = counts(stridesValue, path, 'tensor strides');
  if (shape.length !== strides.length) corrupt(path, 'tensor strides', strides, `${shape.length} numbers`);
  return { kind: 'tensor', storage, offset, shape, strides };
}

function rebuildParameter(args: readonly PickleValue[], path: string): PickleValue {
  const [data] = args;
  return isKind(data, 'tensor') ? data : corrupt(path, 'pickled parameter', 'another value', 'a tensor');
}

function counts(value: PickleValue | undefined, path: string, what: string): readonly number[] {
  const items = isKind(value, 'tuple') ? value.items : [null];
  if (items.length > MAX_TENSOR_RANK || !items.every(isCount)) {
    corrupt(path, what, 'another value', `a tuple of at most ${MAX_TENSOR_RANK} whole numbers`);
  }
  return items;
}
