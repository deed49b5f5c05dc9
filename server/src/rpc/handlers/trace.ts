/** What a text does inside a model. */
import { type PartialResult, type Result, toWireTensor } from '@sonde/protocol';
import { throwIfCancelled } from '../../core/errors.ts';
import type { Handlers, RequestContext } from '../dispatch.ts';
import type { EngineDoor } from '../engine-door.ts';

/** Tokens of one partial result: a few tens of kilobytes with one dictionary. */
const STRETCH = 64;
const LOGITS = 'logits';

type Features = 'sonde/trace/features';

export function traceHandlers(engine: EngineDoor): Handlers {
  return {
    'sonde/trace/features': async (params, { signal, partial }) => {
      const result = await engine.trace(params, signal);
      if (!partial) return result;
      for (const stretch of stretches(result)) {
        throwIfCancelled(signal);
        await partial(stretch);
      }
      return { ...result, runs: result.runs.map(emptied) };
    },
    'sonde/trace/activations': async (params, { signal, partial }) => {
      const { tensors, ...rest } = await engine.activations(params, signal);
      if (partial) await streamTensors(tensors, partial, signal);
      const whole = partial ? [] : Object.entries(tensors);
      return { ...rest, tensors: Object.fromEntries(whole.map(([hook, tensor]) => [hook, toWireTensor(tensor)])) };
    },
    'sonde/trace/logits': async (params, { signal }) => {
      const { tensors, ...rest } = await engine.activations({ ...params, hooks: [LOGITS] }, signal);
      const logits = tensors[LOGITS];
      return { ...rest, logits: toWireTensor(logits ?? empty(rest.model.d_vocab)) };
    },
  };
}

type Tensors = Awaited<ReturnType<EngineDoor['activations']>>['tensors'];

async function streamTensors(
  tensors: Tensors,
  partial: NonNullable<RequestContext<'sonde/trace/activations'>['partial']>,
  signal: AbortSignal,
): Promise<void> {
  for (const [hook, tensor] of Object.entries(tensors)) {
    throwIfCancelled(signal);
    await partial({ hook, tensor: toWireTensor(tensor) });
  }
}

/** A text without tokens has logits at no position. */
function empty(d_vocab: number): Tensors[string] {
  return { dtype: 'float32', shape: [1, 0, d_vocab], data: new Float32Array(0) };
}

/** A result in stretches of tokens, run by run; joined they are its lists. */
export function* stretches({ runs }: Result<Features>): Generator<PartialResult<Features>> {
  for (const [run, { tokens, dictionaries, predictions }] of runs.entries()) {
    for (let at = 0; at < tokens.length; at += STRETCH) {
      const end = at + STRETCH;
      yield {
        run,
        tokens: tokens.slice(at, end),
        dictionaries: dictionaries.map((dictionary) => dictionary.tokens.slice(at, end)),
        predictions: predictions?.slice(at, end) ?? null,
      };
    }
  }
}

function emptied(run: Result<Features>['runs'][number]): Result<Features>['runs'][number] {
  return {
    ...run,
    tokens: [],
    dictionaries: run.dictionaries.map((dictionary) => ({ ...dictionary, tokens: [] })),
    predictions: run.predictions && [],
  };
}
