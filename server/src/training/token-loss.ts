/** Cross-entropy of token rows of unequal length through a stored model, with or without taps at its hooks. */
import type { Runner } from '../core/runner.ts';
import { int64 } from '../core/tensor.ts';
import { rows as asRows, reshape } from '../graph/expr.ts';
import type { Tap } from '../graph/instrument.ts';
import { modelGraph } from '../graph/model-graph.ts';
import { serialize } from '../graph/serialize.ts';
import type { ModelHandle } from '../methods/model-handle.ts';

export interface TokenLoss {
  /** Σ −log P over predicted tokens, nats. */
  readonly total: number;
  /** Predicted tokens: all of a row but its first. */
  readonly tokens: number;
}

/** Tokens of one run at most; logits take 4·d_vocab bytes each. */
const RUN_TOKENS = 4096;

/** Sums the loss over rows of ids; every token but a row's first is predicted from those before it. */
export async function tokenLoss(
  runner: Runner,
  model: ModelHandle,
  rows: readonly (readonly number[])[],
  taps: ReadonlyMap<string, Tap> = new Map(),
  signal?: AbortSignal,
): Promise<TokenLoss> {
  const { b, tokens, logits } = modelGraph(model.spec, model.weights, { taps });
  const targets = b.input('targets', 'int64', tokens.shape);
  const logprobs = b.op('LogSoftmax', [asRows(b, logits)], {});
  const flat = reshape(b, targets, [logprobs.shape[0]!, 1]);
  b.output('logprob', reshape(b, b.op('GatherElements', [logprobs, flat], { axis: 1 }), tokens.shape));
  const program = serialize(b.finish(), 'token loss', runner.device === 'cpu' ? 'cpu' : 'gpu', ['tokens']);
  const session = await runner.open(program, { weights: 'packed' }, signal);
  try {
    let total = 0;
    let count = 0;
    for (const part of byLength(rows)) {
      const width = Math.max(...part.map((row) => row.length)) - 1;
      const pad = (row: readonly number[]): number[] => [...row, ...Array<number>(width - row.length).fill(0)];
      const feed = (from: number, to?: number) =>
        int64(
          [part.length, width],
          part.flatMap((row) => pad(row.slice(from, to))),
        );
      const outputs = await runner.run(session, { tokens: feed(0, -1), targets: feed(1) }, ['logprob'], signal);
      const data = outputs.logprob!.data as Float32Array;
      part.forEach((row, i) => {
        for (let j = 0; j < row.length - 1; j++) total -= data[i * width + j]!;
        count += row.length - 1;
      });
    }
    return { total, tokens: count };
  } finally {
    await runner.close(session);
  }
}

/** Rows of similar length together, so that little is padding. */
function byLength(rows: readonly (readonly number[])[]): (readonly number[])[][] {
  const parts: (readonly number[])[][] = [];
  let width = 0;
  for (const row of [...rows].filter((entry) => entry.length > 1).sort((a, b) => b.length - a.length)) {
    const last = parts.at(-1);
    if (last && (last.length + 1) * width <= RUN_TOKENS) last.push(row);
    else {
      parts.push([row]);
      width = row.length;
    }
  }
  return parts;
}
