/** What a trained dictionary is worth on rows of tokens: FVU, L0, alive share, and the loss with it put in (METRICS 1–3). */

import type { Runner } from '../../core/runner.ts';
import { int64 } from '../../core/tensor.ts';
import { decode } from '../../dictionary/decode.ts';
import type { Dictionary } from '../../dictionary/dictionary.ts';
import { encode } from '../../dictionary/encode.ts';
import { hookInput, prepareInput } from '../../dictionary/input.ts';
import type { GraphBuilder } from '../../graph/builder.ts';
import { cast, greater, iota, mul, reshape, squaredNorm, sub, where } from '../../graph/expr.ts';
import type { Tap } from '../../graph/instrument.ts';
import type { Value } from '../../graph/ir.ts';
import { modelGraph } from '../../graph/model-graph.ts';
import { serialize } from '../../graph/serialize.ts';
import { ceScore } from '../../methods/metrics/ce-score.ts';
import { fvu } from '../../methods/metrics/fvu.ts';
import { sparsity } from '../../methods/metrics/sparsity.ts';
import type { ModelHandle } from '../../methods/model-handle.ts';
import { tokenLoss } from '../token-loss.ts';

/** Losses are in nats per token. */
export interface DictionaryScores {
  readonly positions: number;
  readonly fvu: number | null;
  readonly l0: number;
  readonly alive_share: number;
  readonly ce_model: number;
  readonly ce_spliced: number;
  readonly ce_zero: number;
  /** (ce_zero − ce_spliced) / (ce_zero − ce_model). */
  readonly ce_score: number | null;
  /** ce_spliced − ce_model. */
  readonly ce_delta: number;
}

/**
 * Measures a dictionary that reconstructs its own hook. Rows are texts, BOS first; ids in `special` are not counted.
 * Reconstruction and zeros are put in at every position but the first, which is BOS: no dictionary is trained on it.
 */
export async function evaluateDictionary(
  runner: Runner,
  model: ModelHandle,
  dictionary: Dictionary,
  rows: readonly (readonly number[])[],
  special: ReadonlySet<number>,
  signal?: AbortSignal,
): Promise<DictionaryScores> {
  const fit = await measureFit(runner, model, dictionary, rows, special, signal);
  const loss = async (tap?: Tap): Promise<number> => {
    const taps = new Map(tap ? [[dictionary.hook_in, tap]] : []);
    const { total, tokens } = await tokenLoss(runner, model, rows, taps, signal);
    return total / tokens;
  };
  const ce_model = await loss();
  const ce_spliced = await loss((b, value) => afterFirst(b, value, reconstruct(b, dictionary, value).recon));
  const ce_zero = await loss((b, value) => afterFirst(b, value, mul(b, value, b.scalar(0))));
  const { score, delta } = ceScore({ model: ce_model, spliced: ce_spliced, zeroed: ce_zero });
  return { ...fit, ce_model, ce_spliced, ce_zero, ce_score: score, ce_delta: delta };
}

type Fit = Pick<DictionaryScores, 'positions' | 'fvu' | 'l0' | 'alive_share'>;

async function measureFit(
  runner: Runner,
  model: ModelHandle,
  dictionary: Dictionary,
  rows: readonly (readonly number[])[],
  special: ReadonlySet<number>,
  signal?: AbortSignal,
): Promise<Fit> {
  const { b, hooks } = modelGraph(model.spec, model.weights, { reads: [dictionary.hook_in] });
  const value = [...hooks.values()][0]!;
  const { recon, acts } = reconstruct(b, dictionary, value);
  const x = hookInput(b, dictionary, value);
  b.output('x', x);
  b.output('error_sq', squaredNorm(b, sub(b, x, reshape(b, recon, x.shape))));
  b.output('acts', acts);
  const target = runner.device === 'cpu' ? 'cpu' : 'gpu';
  const session = await runner.open(serialize(b.finish(), 'dictionary fit', target, ['tokens']), { weights: 'packed' });
  const targets: Float32Array[] = [];
  const errors: number[] = [];
  const rowsActive = new Float64Array(dictionary.d_sae);
  try {
    for (const row of rows) {
      const outputs = await runner.run(
        session,
        { tokens: int64([1, row.length], row) },
        ['x', 'error_sq', 'acts'],
        signal,
      );
      const data = outputs.x!.data as Float32Array;
      const active = outputs.acts!.data as Float32Array;
      row.forEach((id, i) => {
        if (special.has(id)) return;
        targets.push(data.slice(i * dictionary.d_in, (i + 1) * dictionary.d_in));
        errors.push(outputs.error_sq!.data[i] as number);
        for (let j = 0; j < dictionary.d_sae; j++) if (active[i * dictionary.d_sae + j] !== 0) rowsActive[j]!++;
      });
    }
  } finally {
    await runner.close(session);
  }
  const positions = errors.length;
  const { l0, alive_share } = sparsity(rowsActive, positions);
  return { positions, fvu: fvu(targets, errors), l0, alive_share };
}

/** The reconstruction in the hook's own shape, and all activations [rows, d_sae]. */
function reconstruct(
  b: GraphBuilder,
  dictionary: Dictionary,
  value: Value,
): { readonly recon: Value; readonly acts: Value } {
  const input = prepareInput(b, dictionary, hookInput(b, dictionary, value));
  const dense = encode(b, dictionary, input).dense();
  return { recon: reshape(b, decode(b, dictionary, dense, input), value.shape), acts: dense.values };
}

/** `other` at every position but the first. */
function afterFirst(b: GraphBuilder, value: Value, other: Value): Value {
  const pos = value.shape[1]!;
  const later = greater(b, cast(b, iota(b, pos), 'float32'), b.scalar(0));
  return where(b, reshape(b, later, [1, pos, ...value.shape.slice(2).map(() => 1)]), other, value);
}
