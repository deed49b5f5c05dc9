/** What a pickled state dict may contain: plain data, and tensors that name their storage. */
import type { DType } from '../core/dtype.ts';
import type { StridedView } from './strided.ts';

export type PickleValue =
  | null
  | boolean
  | number
  | string
  | PickleDict
  | PickleList
  | PickleTuple
  | PickleGlobal
  | PickleStorage
  | PickleTensor;

export interface PickleDict {
  readonly kind: 'dict';
  readonly entries: Map<string, PickleValue>;
}

export interface PickleList {
  readonly kind: 'list';
  readonly items: PickleValue[];
}

export interface PickleTuple {
  readonly kind: 'tuple';
  readonly items: readonly PickleValue[];
}

/** A class or function by its qualified name; a name only, nothing is looked up. */
export interface PickleGlobal {
  readonly kind: 'global';
  readonly name: string;
}

/** A typed storage: the raw elements of one entry of the archive. */
export interface PickleStorage {
  readonly kind: 'storage';
  readonly dtype: DType;
  /** Name of the entry under `data/`. */
  readonly key: string;
  /** Elements. */
  readonly length: number;
}

/** A strided view of a storage. */
export interface PickleTensor extends StridedView {
  readonly kind: 'tensor';
  readonly storage: PickleStorage;
}

/** Whether a value is of a tagged kind. */
export function isKind<K extends Extract<PickleValue, object>['kind']>(
  value: PickleValue | undefined,
  kind: K,
): value is Extract<PickleValue, { kind: K }> {
  return typeof value === 'object' && value !== null && value.kind === kind;
}
