/** A checkpoint of GPT-2 small's real shape with random weights, in Hugging Face's layout. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomFill, randomIds } from './random-weights.js';
import { type StoredDtype, type WrittenTensor, writeSafetensors } from './write-safetensors.js';

export const SHAPE = { n_layers: 12, d_model: 768, d_mlp: 3072, n_heads: 12, n_ctx: 1024, d_vocab: 50_257 } as const;

/** Writes config.json, model.safetensors and tokenizer.json; GPT-2's own initialisation, every tensor distinct. */
export function writeModel(folder: string, dtype: StoredDtype): void {
  mkdirSync(folder, { recursive: true });
  const { n_layers, d_model, n_heads, n_ctx, d_vocab } = SHAPE;
  const config = {
    architectures: ['GPT2LMHeadModel'],
    model_type: 'gpt2',
    activation_function: 'gelu_new',
    n_layer: n_layers,
    n_embd: d_model,
    n_head: n_heads,
    n_positions: n_ctx,
    vocab_size: d_vocab,
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  writeSafetensors(join(folder, 'model.safetensors'), modelTensors(), dtype);
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer()));
}

function modelTensors(): WrittenTensor[] {
  const { n_layers, d_model, d_mlp, n_ctx, d_vocab } = SHAPE;
  let seed = 1;
  const random = (name: string, shape: readonly number[], deviation: number, mean = 0): WrittenTensor => {
    const fill = randomFill(seed++);
    return {
      name,
      shape,
      values: () => {
        const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
        fill(data, deviation);
        return mean === 0 ? data : data.map((value) => value + mean);
      },
    };
  };
  const norm = (name: string): WrittenTensor[] => [
    random(`${name}.weight`, [d_model], 0.1, 1),
    random(`${name}.bias`, [d_model], 0.02),
  ];
  const linear = (name: string, from: number, to: number, deviation = 0.02): WrittenTensor[] => [
    random(`${name}.weight`, [from, to], deviation),
    random(`${name}.bias`, [to], 0.02),
  ];
  const residual = 0.02 / Math.sqrt(2 * n_layers);
  const layers = Array.from({ length: n_layers }, (_, layer) => [
    ...norm(`h.${layer}.ln_1`),
    ...linear(`h.${layer}.attn.c_attn`, d_model, 3 * d_model),
    ...linear(`h.${layer}.attn.c_proj`, d_model, d_model, residual),
    ...norm(`h.${layer}.ln_2`),
    ...linear(`h.${layer}.mlp.c_fc`, d_model, d_mlp),
    ...linear(`h.${layer}.mlp.c_proj`, d_mlp, d_model, residual),
  ]);
  return [
    random('wte.weight', [d_vocab, d_model], 0.02),
    random('wpe.weight', [n_ctx, d_model], 0.02),
    ...layers.flat(),
    ...norm('ln_f'),
  ];
}

/** A byte-level BPE of the real size whose merges are random: it takes as long to load as the real one. */
function tokenizer(): object {
  const bytes = byteAlphabet();
  const tokens = [...bytes];
  const known = new Set(tokens);
  const merges: string[] = [];
  const draws = randomIds(99, 4 * SHAPE.d_vocab, 2 ** 30);
  for (let i = 0; tokens.length < SHAPE.d_vocab - 1; i += 2) {
    // Pairs of early, short tokens: a vocabulary like the real one, most entries under ten bytes long.
    const left = tokens[draws[i % draws.length]! % Math.min(tokens.length, 2000)]!;
    const right = tokens[(draws[(i + 1) % draws.length]! + i) % Math.min(tokens.length, 2000)]!;
    if (left.length + right.length > 12 || known.has(left + right)) continue;
    known.add(left + right);
    tokens.push(left + right);
    merges.push(`${left} ${right}`);
  }
  const end = '<|endoftext|>';
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: '1.0',
    added_tokens: [
      {
        id: tokens.length,
        content: end,
        special: true,
        normalized: false,
        single_word: false,
        lstrip: false,
        rstrip: false,
      },
    ],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      vocab: Object.fromEntries([...tokens, end].map((token, id) => [token, id])),
      merges,
    },
  };
}

/** GPT-2's printable stand-ins for the 256 bytes (`bytes_to_unicode` of its encoder.py). */
function byteAlphabet(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    return String.fromCharCode(printable ? byte : next++);
  });
}
