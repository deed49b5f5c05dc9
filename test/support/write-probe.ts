/** One program per model with idle writes at every writable hook, so that a test feeds masks and values and compares bits. */
import { parseHook } from '../../server/src/core/hook-name.ts';
import type { Runner } from '../../server/src/core/runner.ts';
import { bool, float32, sizeOf, type Tensor } from '../../server/src/core/tensor.ts';
import { hookModel } from '../../server/src/graph/hooks.ts';
import { type WriteSpec, writeInputs } from '../../server/src/graph/instrument.ts';
import { serialize } from '../../server/src/graph/serialize.ts';
import type { ModelSpec } from '../../server/src/model/spec.ts';
import { allHooks, forwardGraph, type ModelFixture } from './model-fixture.ts';

/** A value for one of the program's writes, where a predicate over all axes but the last holds; the batch axis is first. */
export interface FedWrite {
  /** Index of the write in the program. */
  readonly write: number;
  readonly where: (...index: readonly number[]) => boolean;
  /** A number, a vector of the last axis, or the hook's whole tensor, as the write's spec says. */
  readonly value: ArrayLike<number>;
}

export type Values = Readonly<Record<string, Tensor<'float32'>>>;

export interface WriteProbe {
  readonly writes: readonly WriteSpec[];
  /** Hooks that a run returns, in forward order; it returns `logits` too. */
  readonly reads: readonly string[];
  /** Index of the write of an op at a hook. */
  find(hook: string, op: WriteSpec['op']): number;
  /** Runs with the given writes, all others idle; returns all that was read, or what `fetches` names. */
  run(tokens: Tensor, fed?: readonly FedWrite[], fetches?: readonly string[]): Promise<Values>;
  close(): Promise<void>;
}

/** Opens the program of a model with the given writes and reads. */
export async function openProbe(
  runner: Runner,
  { name, spec, weights }: ModelFixture,
  writes: readonly WriteSpec[],
  reads: readonly string[],
): Promise<WriteProbe> {
  const program = serialize(forwardGraph(spec, weights, { reads, writes }), `writes ${name}`, 'cpu');
  const session = await runner.open(program, { weights: 'mapped' });
  return {
    writes,
    reads,
    find: (hook, op) => writes.findIndex((write) => write.hook === hook && write.op === op),
    async run(tokens, fed = [], fetches = ['logits', ...reads]) {
      const feeds: Record<string, Tensor> = { tokens };
      writes.forEach((write, i) => {
        const shape = hookShape(spec, write.hook, tokens.shape);
        const active = fed.find((entry) => entry.write === i);
        Object.assign(feeds, writeFeeds(i, write, shape, active));
      });
      return (await runner.run(session, feeds, fetches)) as Record<string, Tensor<'float32'>>;
    },
    close: () => runner.close(session),
  };
}

/** Writable hooks of a model; `parts` says whether those inside fused attention are among them. */
export function writableHooks(spec: ModelSpec, parts: boolean): string[] {
  const model = hookModel(spec);
  return allHooks(spec).filter(
    (name) => parseHook(name, model).definition.writable && (parts || !name.endsWith('hook_pattern')),
  );
}

/** Hooks whose reading takes no fused op apart. */
export function fusedHooks(spec: ModelSpec): string[] {
  return allHooks(spec).filter((name) => !/hook_(attn_scores|pattern|scale|normalized)$/.test(name));
}

/** Sizes of a hook's tensor for tokens [batch, pos]. */
export function hookShape(spec: ModelSpec, hook: string, [batch, pos]: readonly number[]): number[] {
  const { definition } = parseHook(hook, hookModel(spec));
  const sizes = { ...spec, pos: pos!, key: pos!, '1': 1 };
  return [batch!, ...definition.shape.map((dim) => sizes[dim])];
}

/**
 * The first index at which two tensors differ; −1 when they do not. Only zeros of both signs pass for each other: ONNX
 * Runtime's Where gives +0 where −0 is chosen.
 */
export function firstDifference({ data: a }: Tensor<'float32'>, { data: b }: Tensor<'float32'>): number {
  return a.length === b.length ? a.findIndex((value, i) => value !== b[i]) : 0;
}

/** Indices, over all axes but the last, of the rows that differ as `firstDifference` has it. */
export function changedRows({ shape, data: a }: Tensor<'float32'>, { data: b }: Tensor<'float32'>): number[][] {
  const width = shape.at(-1)!;
  const rows: number[][] = [];
  eachRow(shape, (index, row) => {
    for (let i = row * width; i < (row + 1) * width; i++) {
      if (a[i] === b[i]) continue;
      rows.push(index);
      return;
    }
  });
  return rows;
}

/** Calls `use` with every index over all axes but the last. */
export function eachRow(shape: readonly number[], use: (index: number[], row: number) => void): void {
  const outer = shape.slice(0, -1);
  for (let row = 0; row < sizeOf(outer); row++) {
    const index: number[] = [];
    for (let axis = outer.length - 1, rest = row; axis >= 0; axis--) {
      index[axis] = rest % outer[axis]!;
      rest = Math.floor(rest / outer[axis]!);
    }
    use(index, row);
  }
}

function writeFeeds(
  i: number,
  write: WriteSpec,
  shape: readonly number[],
  fed: FedWrite | undefined,
): Record<string, Tensor> {
  const names = writeInputs(i);
  const mask = new Uint8Array(sizeOf(shape.slice(0, -1)));
  if (fed) {
    eachRow(shape, (index, row) => {
      mask[row] = Number(fed.where(...index));
    });
  }
  const valueShape = write.value === 'full' ? shape : write.value === 'vector' ? shape.slice(-1) : [];
  return {
    [names.mask]: bool(shape.slice(0, -1), mask),
    [names.value]: float32(valueShape, fed?.value ?? new Float32Array(sizeOf(valueShape))),
  };
}
