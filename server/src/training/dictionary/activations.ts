/**
 * Activations streamed from a model: rows of tokens in, shuffled positions of one hook out. A batch depends on its
 * position in the stream alone, so a run goes on after an interruption with the very same batches.
 */
import { SondeError } from '../../core/errors.ts';
import { createRandom, permutation } from '../../core/random.ts';
import type { Runner, SessionId } from '../../core/runner.ts';
import { float32, int64, type Tensor } from '../../core/tensor.ts';
import { reshape } from '../../graph/expr.ts';
import { productDim } from '../../graph/ir.ts';
import { modelGraph } from '../../graph/model-graph.ts';
import { serialize } from '../../graph/serialize.ts';
import type { ModelHandle } from '../../methods/model-handle.ts';

/** Texts as rows of ids, by number: row i is a function of i alone. */
export interface TokenSource {
  /** Row `index`, BOS included where it is wanted; at most the context's length. Sources that end begin anew. */
  row(index: number): readonly number[] | Promise<readonly number[]>;
  /** Ids that are not counted: BOS and other marks. */
  readonly special: ReadonlySet<number>;
}

/** Where a stream stands: the row at which the buffer in use begins, its number, batches taken from it. */
export interface StreamPosition extends Readonly<Record<string, number>> {
  readonly row: number;
  readonly buffer: number;
  readonly used: number;
}

export const STREAM_START: StreamPosition = { row: 0, buffer: 0, used: 0 };

export interface StreamPlan {
  readonly hook: string;
  readonly d_in: number;
  readonly seed: number;
  readonly batch: number;
  readonly buffer_tokens: number;
  readonly passes: number;
}

export interface ActivationStream {
  /** The batch at a position, float32 [batch, d_in], and the next position. */
  batch(position: StreamPosition): Promise<{ readonly x: Tensor<'float32'>; readonly next: StreamPosition }>;
  /** The whole buffer at a position, float32 [buffer_tokens, d_in]. */
  buffer(position: StreamPosition): Promise<Tensor<'float32'>>;
  close(): Promise<void>;
}

/** Tokens of one run of the model. */
const RUN_TOKENS = 4096;
/** Rows looked at, for each run's worth of tokens, before a source without countable tokens is given up. */
const MAX_EMPTY_ROWS = 10_000;

interface Filled {
  readonly number: number;
  readonly data: Float32Array;
  readonly nextRow: number;
}

/** Opens the model up to the hook. */
export async function openActivations(
  runner: Runner,
  model: ModelHandle,
  source: TokenSource,
  plan: StreamPlan,
): Promise<ActivationStream> {
  const { b, hooks } = modelGraph(model.spec, model.weights, { reads: [plan.hook] });
  const value = [...hooks.values()][0]!;
  b.output('x', reshape(b, value, [productDim(value.shape.slice(0, 2)), plan.d_in]));
  const target = runner.device === 'cpu' ? 'cpu' : 'gpu';
  const session = await runner.open(serialize(b.finish(), `activations at ${plan.hook}`, target, ['tokens']), {
    weights: 'packed',
  });
  let filling: { readonly number: number; readonly filled: Promise<Filled> } | null = null;
  const filledAt = (position: StreamPosition): Promise<Filled> => {
    if (filling?.number !== position.buffer) {
      filling = { number: position.buffer, filled: fill(runner, session, source, plan, position) };
    }
    return filling.filled;
  };
  const perPass = Math.floor(plan.buffer_tokens / plan.batch);
  let order: { readonly key: string; readonly rows: Uint32Array } | null = null;
  return {
    async batch(position) {
      const { data, nextRow } = await filledAt(position);
      const pass = Math.floor(position.used / perPass);
      const key = `${position.buffer} ${pass}`;
      if (order?.key !== key) {
        const random = createRandom(plan.seed, position.buffer * plan.passes + pass);
        order = { key, rows: permutation(random, plan.buffer_tokens) };
      }
      const first = (position.used % perPass) * plan.batch;
      const x = new Float32Array(plan.batch * plan.d_in);
      for (let i = 0; i < plan.batch; i++) {
        const row = order.rows[first + i]!;
        x.set(data.subarray(row * plan.d_in, (row + 1) * plan.d_in), i * plan.d_in);
      }
      const used = position.used + 1;
      const next =
        used < perPass * plan.passes ? { ...position, used } : { row: nextRow, buffer: position.buffer + 1, used: 0 };
      return { x: float32([plan.batch, plan.d_in], x), next };
    },
    async buffer(position) {
      return float32([plan.buffer_tokens, plan.d_in], (await filledAt(position)).data);
    },
    close: () => runner.close(session),
  };
}

async function fill(
  runner: Runner,
  session: SessionId,
  source: TokenSource,
  { d_in, buffer_tokens }: StreamPlan,
  position: StreamPosition,
): Promise<Filled> {
  const data = new Float32Array(buffer_tokens * d_in);
  let held = 0;
  let row = position.row;
  while (held < buffer_tokens) {
    const before = held;
    const rows: (readonly number[])[] = [];
    let width = 0;
    for (let i = 0; i < MAX_EMPTY_ROWS; i++) {
      const next = await source.row(row);
      if ((rows.length + 1) * Math.max(width, next.length) > RUN_TOKENS && rows.length > 0) break;
      row++;
      if (next.some((id) => !source.special.has(id))) rows.push(next);
      width = Math.max(width, next.length);
    }
    if (rows.length > 0) held = await append(runner, session, source, rows, { data, held, d_in });
    if (held === before) throw new SondeError('invalid-params', 'The text has no tokens that count; give another one.');
  }
  return { number: position.buffer, data, nextRow: row };
}

/** Runs rows, padded behind, and keeps the counted positions; returns how many the buffer holds then. */
async function append(
  runner: Runner,
  session: SessionId,
  source: TokenSource,
  rows: readonly (readonly number[])[],
  into: { readonly data: Float32Array; readonly held: number; readonly d_in: number },
): Promise<number> {
  const width = Math.max(...rows.map((row) => row.length));
  const padded = rows.flatMap((row) => [...row, ...Array<number>(width - row.length).fill(0)]);
  const { x } = await runner.run(session, { tokens: int64([rows.length, width], padded) }, ['x']);
  const found = x!.data as Float32Array;
  const capacity = into.data.length / into.d_in;
  let held = into.held;
  rows.forEach((row, i) => {
    row.forEach((id, j) => {
      if (source.special.has(id) || held === capacity) return;
      const at = (i * width + j) * into.d_in;
      into.data.set(found.subarray(at, at + into.d_in), held++ * into.d_in);
    });
  });
  return held;
}
