/** What happens to a hook's tensor before a dictionary sees it, and how the reconstruction gets back. */
import { fault } from '../core/errors.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { add, div, meanLast, mul, reshape, scaleBy, slice, sqrt, squaredNorm, sub } from '../graph/expr.ts';
import { productDim, type Value } from '../graph/ir.ts';
import type { Dictionary } from './dictionary.ts';

/** torch's and SAELens' constant beside the standard deviation. */
const LAYER_NORM_EPS = 1e-5;

/** Rows ready for an encoder, and the way back. */
export interface PreparedInput {
  /** The hook's own values, [rows, d_in] float32. */
  readonly raw: Value;
  /** Centred and normalised, [rows, d_in] float32; b_dec is not subtracted yet. */
  readonly x: Value;
  /** Takes a reconstruction [rows, d_out] in the dictionary's space back to the hook's. */
  readonly undo: (recon: Value) => Value;
}

/**
 * Turns a hook's tensor [batch, pos, d] or [batch, pos, heads, d_head] into rows [batch·pos, d_in]:
 * heads are flattened, or one is taken where the dictionary names it.
 */
export function hookInput(b: GraphBuilder, dictionary: Dictionary, value: Value): Value {
  return hookRows(b, value, dictionary.head_index, dictionary.d_in);
}

/** The rows that the reconstruction stands for, [batch·pos, d_out], from the tensor at `hook_out`. */
export function hookTarget(b: GraphBuilder, dictionary: Dictionary, value: Value): Value {
  return hookRows(b, value, isTranscoder(dictionary) ? null : dictionary.head_index, dictionary.d_out);
}

/** Whether input and reconstruction belong to different hooks. */
export function isTranscoder(dictionary: Dictionary): boolean {
  return dictionary.hook_in !== dictionary.hook_out;
}

/** Centres and normalises rows [rows, d_in]. */
export function prepareInput(b: GraphBuilder, dictionary: Dictionary, raw: Value): PreparedInput {
  const mean = dictionary.center_input ? meanLast(b, raw) : null;
  const { x, undo } = normalize(b, dictionary, mean === null ? raw : sub(b, raw, mean));
  const addsMean = mean !== null && !isTranscoder(dictionary);
  return { raw, x, undo: (recon) => (addsMean ? add(b, undo(recon), mean) : undo(recon)) };
}

/**
 * The target that errors and FVU are taken over: centred where the dictionary is, since the mean over d_model is given
 * back for free and would flatter it.
 */
export function centeredTarget(b: GraphBuilder, dictionary: Dictionary, y: Value): Value {
  return dictionary.center_input && !isTranscoder(dictionary) ? sub(b, y, meanLast(b, y)) : y;
}

function hookRows(b: GraphBuilder, value: Value, head: number | null, width: number): Value {
  const [batch, pos, ...rest] = value.shape;
  const rows = productDim([batch!, pos!]);
  const one = rest.length === 2 && head !== null ? slice(b, value, 2, head, head + 1) : value;
  const found = productDim(one.shape.slice(2));
  if (found !== width) fault(`a dictionary of width ${width} given a hook of width ${found}`);
  return reshape(b, one, [rows, width]);
}

type Normalized = Pick<PreparedInput, 'x' | 'undo'>;

function normalize(b: GraphBuilder, dictionary: Dictionary, x: Value): Normalized {
  const { normalization, d_in } = dictionary;
  const perPosition = (undo: (recon: Value) => Value): PreparedInput['undo'] =>
    isTranscoder(dictionary) ? (recon) => recon : undo;
  switch (normalization.kind) {
    case 'none':
      return { x, undo: (recon) => recon };
    case 'scale':
      return { x: scaleBy(b, x, normalization.in), undo: (recon) => scaleBy(b, recon, 1 / normalization.out) };
    case 'constant_norm_rescale': {
      const scale = scaleBy(b, sqrt(b, squaredNorm(b, x)), 1 / Math.sqrt(d_in));
      return { x: div(b, x, scale), undo: perPosition((recon) => mul(b, recon, scale)) };
    }
    case 'layer_norm': {
      const mean = meanLast(b, x);
      const centered = sub(b, x, mean);
      const std = sqrt(b, scaleBy(b, squaredNorm(b, centered), 1 / (d_in - 1)));
      const undo = perPosition((recon) => add(b, mul(b, recon, std), mean));
      return { x: div(b, centered, add(b, std, b.scalar(LAYER_NORM_EPS))), undo };
    }
  }
}
