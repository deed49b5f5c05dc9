/** What the lowering rules share: the context they write into and the attributes they write. */
import type { Tensor } from '../core/tensor.ts';
import type { Shape, Value } from './ir.ts';
import type { OnnxAttribute } from './onnx-proto.ts';

/** Which kernels the spelling may count on. */
export type Target = 'cpu' | 'gpu';

/** What a lowering rule may do. */
export interface LowerContext {
  readonly target: Target;
  /** Appends an ONNX node; empty input names are absent optional inputs. Returns the first output's name. */
  emit(opType: string, inputs: readonly string[], attributes?: Attributes, options?: EmitOptions): string;
  /** Name of an inline initializer holding a tensor. */
  literal(tensor: Tensor): string;
  /** Name of an int64 vector of the given sizes, computed at run time where symbols need it. */
  shape(dims: Shape): string;
}

export type Attributes = Readonly<Record<string, OnnxAttribute>>;

export interface EmitOptions {
  readonly domain?: string;
  readonly outputs?: readonly string[];
}

/** ONNX integer attribute. */
export const int = (value: number): OnnxAttribute => ({ kind: 'int', value });
/** ONNX float attribute. */
export const float = (value: number): OnnxAttribute => ({ kind: 'float', value });

/** Output option that keeps the IR's names. */
export function namesOf(values: readonly Value[]): string[] {
  return values.map((value) => value.name);
}
