/** Streams activations over the calibration text for the fit check. */
import { sizeOf } from '../core/tensor.ts';
import { CALIBRATION_TEXTS } from '../dictionary/calibration-text.ts';
import type { ActivationBatch, ActivationSource } from '../dictionary/fit-check.ts';
import { readActivations } from '../methods/activations.ts';
import type { Execution } from '../methods/execution.ts';
import type { LoadedModel } from './models.ts';

/** Tokens of one run: short enough that a batch-lane run does not keep an interactive one waiting. */
const MAX_RUN_TOKENS = 128;

/**
 * A source over one model; sequences are cut to the context asked for, the model's and a run's length. `onText` is told
 * the share of the texts that is done.
 */
export function calibrationSource(
  execution: Execution,
  model: LoadedModel,
  onText: (share: number) => void,
): ActivationSource {
  return async function* source({ hooks, prepend_bos, context_size }, signal) {
    const { tokenizer, checkpoint, handle } = model;
    const bos = (prepend_bos ?? tokenizer.addsBos) && tokenizer.bosId !== null;
    const length = Math.min(context_size ?? MAX_RUN_TOKENS, checkpoint.spec.n_ctx, MAX_RUN_TOKENS);
    const prefix = bos ? [tokenizer.bosId!] : [];
    for (const [at, text] of CALIBRATION_TEXTS.entries()) {
      onText(at / CALIBRATION_TEXTS.length);
      const { ids, special } = await tokenizer.encode(text, { bos: false });
      const step = Math.max(1, length - prefix.length);
      for (let start = 0; start < ids.length; start += step) {
        const part = [...prefix, ...ids.slice(start, start + step)];
        const outputs = await readActivations(execution, handle, part, hooks, signal);
        const counted = Uint8Array.from(part, (_, i) =>
          i < prefix.length || special[start + i - prefix.length] ? 0 : 1,
        );
        yield {
          hooks: new Map(hooks.map((hook) => [hook, asRows(outputs[hook]!)])),
          counted,
        } satisfies ActivationBatch;
      }
    }
  };
}

type Floats = Awaited<ReturnType<typeof readActivations>>[string];

/** [1, pos, …] → [pos, width]. */
function asRows({ data, shape }: Floats): Floats {
  const pos = shape[1]!;
  return { dtype: 'float32', shape: [pos, sizeOf(shape.slice(2))], data };
}
