/** Qwen 2 and 2.5: Llama with biases on q, k and v; windows only with `use_sliding_window`. */
import { z } from 'zod';
import { parseShape } from '../../formats/json.ts';
import type { ModelSpec } from '../spec.ts';
import { activationOf, type ConfigSource, count, derivedHeadSize, type Family } from './shared-config.ts';
import { llamaLike } from './shared-llama.ts';
import { qwenFields, qwenModel } from './shared-qwen.ts';

const Config = z.object({ ...qwenFields, head_dim: count.nullish() });

/** Qwen 2's reader. */
export const qwen2: Family = { architectures: ['Qwen2ForCausalLM'], modelTypes: { qwen2: 'Qwen2ForCausalLM' }, read };

function read(source: ConfigSource): ModelSpec {
  const { path } = source;
  const config = parseShape(Config, source.config, path);
  const d_head = config.head_dim ?? derivedHeadSize(config.hidden_size, config.num_attention_heads, path);
  const activation = activationOf(config.hidden_act, path);
  return llamaLike(source, { ...qwenModel(config, d_head, path), activation, qkvBias: true });
}
