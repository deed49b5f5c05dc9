/**
 * What a training step keeps: a graph's state is the inputs that its own outputs replace, step by step. The tensors stay
 * in the runtime process, on WebGPU on the device; they travel only when they are loaded or read.
 */
import { fault } from '../core/errors.ts';
import type { OpenOptions, ResidentTensors, Runner, SessionId, SizedProgram } from '../core/runner.ts';
import { sizeOf, type Tensor } from '../core/tensor.ts';
import { type GraphBuilder, graphBuilder } from '../graph/builder.ts';
import type { Value } from '../graph/ir.ts';
import type { Target } from '../graph/lower.ts';
import { serialize } from '../graph/serialize.ts';

/** A graph under construction that declares its state. */
export interface StateGraph {
  readonly b: GraphBuilder;
  /** A float32 input that is state. */
  declare(name: string, shape: readonly number[]): Value;
  /** An input that was declared before, as state. */
  adopt(value: Value): void;
  /** A second input with the same content, through which no gradient flows to the first. */
  frozen(value: Value): Value;
  /** What replaces a piece of state after the step. */
  next(value: Value, replacement: Value): void;
  /** The program and its state. @throws fault when a piece of state is never replaced. */
  finish(label: string, target: Target): StateProgram;
}

/** A step as a program. */
export interface StateProgram {
  readonly program: SizedProgram;
  /** Shapes of the state's tensors, float32. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Inputs that repeat a piece of state: input → name. */
  readonly frozen: ReadonlyMap<string, string>;
}

/** Starts or continues a graph that keeps state. */
export function stateGraph(b: GraphBuilder = graphBuilder()): StateGraph {
  const shapes = new Map<string, readonly number[]>();
  const frozen = new Map<string, string>();
  const replaced = new Set<string>();
  const adopt = ({ name, shape }: Value): void => {
    shapes.set(name, shape as readonly number[]);
  };
  return {
    b,
    adopt,
    declare(name, shape) {
      const value = b.input(name, 'float32', shape);
      adopt(value);
      return value;
    },
    frozen({ name, shape }) {
      frozen.set(`${name}:frozen`, name);
      return b.input(`${name}:frozen`, 'float32', shape);
    },
    next({ name }, replacement) {
      replaced.add(name);
      b.output(nextName(name), replacement);
    },
    finish(label, target) {
      for (const name of shapes.keys()) if (!replaced.has(name)) fault(`${name} is state that no output replaces`);
      const keep = [...shapes.keys(), ...frozen.keys()];
      return { program: serialize(b.finish(), label, target, keep), shapes, frozen };
    },
  };
}

/** An open step with its state in the runtime process. */
export interface ResidentState {
  /** Runs one step: state is replaced, `fetches` travel. */
  step(
    feeds: Readonly<Record<string, Tensor>>,
    fetches: readonly string[],
    signal?: AbortSignal,
  ): Promise<Record<string, Tensor>>;
  /** Loads tensors by name; others stay as they are. */
  load(tensors: ReadonlyMap<string, Tensor>): Promise<void>;
  /** Reads the state, or some of it. */
  read(names?: Iterable<string>): Promise<Map<string, Tensor<'float32'>>>;
  readonly shapes: StateProgram['shapes'];
  close(): Promise<void>;
}

/** Bytes that one load or read moves at most, well below what a message takes; one tensor may be larger. */
const GROUP_BYTES = 64 * 2 ** 20;

/** Opens a step's program. Nothing is loaded yet. */
export async function openState(runner: Runner, { program, shapes, frozen }: StateProgram): Promise<ResidentState> {
  const store = runner.newStore();
  const opened: SessionId[] = [];
  const open = async (toOpen: SizedProgram, options: OpenOptions): Promise<SessionId> => {
    const session = await runner.open(toOpen, options);
    opened.push(session);
    return session;
  };
  const names = [...shapes.keys()];
  const session = await open(program, { weights: 'packed', keeps: names.map(nextName) });
  const resident: ResidentTensors = {
    store,
    tensors: { ...Object.fromEntries(names.map((name) => [name, name])), ...Object.fromEntries(frozen) },
    keep: Object.fromEntries(names.map((name) => [nextName(name), name])),
  };
  return {
    shapes,
    step: (feeds, fetches, signal) => runner.run(session, feeds, fetches, signal, resident),
    async load(tensors) {
      for (const group of groups(tensors.keys(), shapes)) {
        const keeps = group.map(nextName);
        const loading = await runner.open(copies(group, shapes), { weights: 'mapped', keeps });
        const feeds = Object.fromEntries(group.map((name) => [name, tensors.get(name)!]));
        const keep = Object.fromEntries(group.map((name) => [nextName(name), name]));
        await runner.run(loading, feeds, [], undefined, { store, tensors: {}, keep });
        await runner.close(loading);
      }
    },
    async read(wanted = names) {
      const found = new Map<string, Tensor<'float32'>>();
      for (const group of groups(wanted, shapes)) {
        const reading = await runner.open(copies(group, shapes), { weights: 'mapped' });
        const held = Object.fromEntries(group.map((name) => [name, name]));
        const outputs = await runner.run(reading, {}, group.map(nextName), undefined, {
          store,
          tensors: held,
          keep: {},
        });
        await runner.close(reading);
        for (const name of group) found.set(name, outputs[nextName(name)] as Tensor<'float32'>);
      }
      return found;
    },
    async close() {
      for (const id of opened) await runner.close(id);
      await runner.dropStore(store);
    },
  };
}

function nextName(name: string): string {
  return `next ${name}`;
}

/** A program that gives its inputs back: the only way to a tensor on a device is to copy it in a session. */
function copies(names: readonly string[], shapes: StateProgram['shapes']): SizedProgram {
  const b = graphBuilder();
  for (const name of names) b.output(nextName(name), b.input(name, 'float32', shapes.get(name)!));
  return serialize(b.finish(), 'copy of training state', 'cpu');
}

function groups(names: Iterable<string>, shapes: StateProgram['shapes']): string[][] {
  const made: string[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const size = sizeOf(shapes.get(name) ?? fault(`${name} is no state of this program`)) * 4;
    if (bytes + size > GROUP_BYTES) {
      made.push([]);
      bytes = 0;
    }
    bytes += size;
    made.at(-1)!.push(name);
  }
  return made;
}
