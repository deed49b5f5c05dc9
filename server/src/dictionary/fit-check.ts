/**
 * Whether an attached dictionary means what its config says: FVU and L0 on calibration text at its own hook, at its
 * neighbours, with permuted encoder rows, and under other readings of the file. A check of shapes sees none of this.
 * Deliberately absent: the model; the caller streams activations.
 */
import { throwIfCancelled } from '../core/errors.ts';
import type { Runner } from '../core/runner.ts';
import { float32, type Tensor } from '../core/tensor.ts';
import type { Dictionary } from './dictionary.ts';
import { createMeter, type FitStream, type Meter } from './fit-measure.ts';
import { type AlternativeFit, type FitNumbers, judge, type NeighbourFit, type Verdict } from './fit-verdict.ts';
import type { FittedModel } from './fits.ts';
import { type Attachment, neighbours } from './neighbours.ts';

/** Activations of one piece of text. */
export interface ActivationBatch {
  /** By hook, [rows, width] float32, heads flattened; the same rows everywhere. */
  readonly hooks: ReadonlyMap<string, Tensor<'float32'>>;
  /** Per row: 1 if it counts; 0 for BOS and special tokens. */
  readonly counted: Uint8Array;
}

/** How the calibration text is run. */
export interface ActivationRequest {
  /** Hooks to read. */
  readonly hooks: readonly string[];
  /** As the dictionary was trained; null takes the model's own convention. */
  readonly prepend_bos: boolean | null;
  /** Longest sequence, tokens; null takes the model's. */
  readonly context_size: number | null;
}

/** Runs the model over calibration text (`calibration-text.ts`) in sequences, batch by batch. */
export type ActivationSource = (request: ActivationRequest, signal?: AbortSignal) => AsyncIterable<ActivationBatch>;

export interface FitReport extends FitNumbers, Verdict {}

/**
 * Measures and judges.
 * @throws non-finite naming the hook; cancelled; whatever the source throws.
 */
export async function checkFit(
  runner: Runner,
  dictionary: Dictionary,
  model: FittedModel,
  source: ActivationSource,
  signal?: AbortSignal,
): Promise<FitReport> {
  const own: Attachment = { hook_in: dictionary.hook_in, hook_out: dictionary.hook_out };
  const places = neighbours(dictionary, model);
  const meters: Meter[] = [];
  const open = (of: Dictionary, permuted = false): Meter => {
    const meter = createMeter(runner, of, permuted);
    meters.push(meter);
    return meter;
  };
  const plain = open(dictionary);
  const track = (meter: Meter, at: Attachment, reads = dictionary): Track => ({ stream: meter.start(), at, reads });
  const self = track(plain, own);
  const around = places.map((at) => track(plain, at));
  const permuted = track(open(dictionary, true), own);
  const others = dictionary.alternatives.map((reading) =>
    track(open(reading), { hook_in: reading.hook_in, hook_out: reading.hook_out }, reading),
  );
  const tracks = [self, ...around, permuted, ...others];
  const hooks = [...new Set(tracks.flatMap(({ at }) => [at.hook_in, at.hook_out]))];
  const { prepend_bos, context_size, declared_l0 } = dictionary.convention;
  try {
    for await (const batch of source({ hooks, prepend_bos, context_size }, signal)) {
      for (const entry of tracks) {
        throwIfCancelled(signal);
        await feed(entry, batch, signal);
      }
    }
  } finally {
    for (const meter of meters) await meter.close();
  }
  const numbers: FitNumbers = {
    ...own,
    ...self.stream.fit(),
    d_sae: dictionary.d_sae,
    declared_l0,
    neighbours: around.map(({ stream, at }): NeighbourFit => ({ ...at, ...stream.fit() })),
    alternatives: others.map(({ stream, reads }): AlternativeFit => ({ name: reads.name, ...stream.fit() })),
    permuted: permuted.stream.fit(),
  };
  return { ...numbers, ...judge(numbers) };
}

/** One dictionary at one place. */
interface Track {
  readonly stream: FitStream;
  readonly at: Attachment;
  readonly reads: Dictionary;
}

async function feed({ stream, at, reads }: Track, batch: ActivationBatch, signal?: AbortSignal): Promise<void> {
  const rows = [...batch.counted.keys()].filter((row) => batch.counted[row] !== 0);
  if (rows.length === 0) return;
  const pick = (hook: string, width: number, head: number | null): Tensor<'float32'> => {
    const { data, shape } = batch.hooks.get(hook)!;
    const first = head === null ? 0 : head * width;
    const out = new Float32Array(rows.length * width);
    rows.forEach((row, i) => {
      const start = row * shape[1]! + first;
      out.set(data.subarray(start, start + width), i * width);
    });
    return float32([rows.length, width], out);
  };
  const x = pick(at.hook_in, reads.d_in, reads.head_index);
  const y = at.hook_out === at.hook_in ? x : pick(at.hook_out, reads.d_out, null);
  await stream.add(x, y, at.hook_in, signal);
}
