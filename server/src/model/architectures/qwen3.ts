/** Qwen 3: RMS norms over each head of q and k before rotation, no biases by default, `head_dim` of its own. */
import { z } from 'zod';
import { parseShape } from '../../formats/json.ts';
import type { ModelSpec } from '../spec.ts';
import { activationOf, type ConfigSource, count, type Family } from './shared-config.ts';
import { llamaLike } from './shared-llama.ts';
import { qwenFields, qwenModel } from './shared-qwen.ts';

const Config = z.object({
  ...qwenFields,
  head_dim: count.default(128),
  attention_bias: z.boolean().default(false),
});

/** Qwen 3's reader. */
export const qwen3: Family = { architectures: ['Qwen3ForCausalLM'], modelTypes: { qwen3: 'Qwen3ForCausalLM' }, read };

function read(source: ConfigSource): ModelSpec {
  const config = parseShape(Config, source.config, source.path);
  return llamaLike(source, {
    ...qwenModel(config, config.head_dim, source.path),
    activation: activationOf(config.hidden_act, source.path),
    qkvBias: config.attention_bias,
    oBias: config.attention_bias,
    headNorms: true,
  });
}
