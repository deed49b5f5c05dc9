/** Runs fragments of a dictionary on given rows with a real runtime. */
import type { Program, Runner } from '../../server/src/core/runner.ts';
import { float32, type Tensor } from '../../server/src/core/tensor.ts';
import { decode } from '../../server/src/dictionary/decode.ts';
import type { Dictionary } from '../../server/src/dictionary/dictionary.ts';
import { encode } from '../../server/src/dictionary/encode.ts';
import { prepareInput } from '../../server/src/dictionary/input.ts';
import { graphBuilder } from '../../server/src/graph/builder.ts';
import { serialize } from '../../server/src/graph/serialize.ts';

/** Opens, runs once, closes. */
export async function runOnce(
  runner: Runner,
  program: Program,
  feeds: Readonly<Record<string, Tensor>>,
  fetches: readonly string[],
): Promise<Record<string, Tensor>> {
  const session = await runner.open(program, { weights: 'mapped' });
  try {
    return await runner.run(session, feeds, fetches);
  } finally {
    await runner.close(session);
  }
}

export interface Everything {
  /** Dense activations and their reconstruction. */
  readonly acts: Float32Array;
  readonly recon: Float32Array;
  /** Top k of the encoder, and the reconstruction from every active feature by rows. */
  readonly values: Float32Array;
  readonly indices: BigInt64Array;
  readonly width: number;
  readonly sparseRecon: Float32Array;
}

/** Everything that the fragments can say about rows x [rows, d_in]. */
export async function everything(
  runner: Runner,
  dictionary: Dictionary,
  x: Float32Array,
  k: number,
): Promise<Everything> {
  const b = graphBuilder();
  const input = prepareInput(b, dictionary, b.input('x', 'float32', ['rows', dictionary.d_in]));
  const encoded = encode(b, dictionary, input);
  const dense = encoded.dense();
  const top = encoded.topK(k);
  b.output('acts', dense.values);
  b.output('recon', decode(b, dictionary, dense, input));
  b.output('values', top.values);
  b.output('indices', top.indices);
  b.output('sparseRecon', decode(b, dictionary, encoded.topK(encoded.maxActive), input));
  const names = ['acts', 'recon', 'values', 'indices', 'sparseRecon'];
  const feeds = { x: float32([x.length / dictionary.d_in, dictionary.d_in], x) };
  const out = await runOnce(runner, serialize(b.finish(), dictionary.name, 'cpu'), feeds, names);
  const of = (name: string): Float32Array => out[name]!.data as Float32Array;
  return {
    acts: of('acts'),
    recon: of('recon'),
    values: of('values'),
    indices: out.indices!.data as BigInt64Array,
    width: out.values!.shape[1]!,
    sparseRecon: of('sparseRecon'),
  };
}
