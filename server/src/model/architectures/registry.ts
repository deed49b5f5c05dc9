/** Chooses the family of a config by `architectures[0]`, never by a model's name. */
import { z } from 'zod';
import { SondeError } from '../../core/errors.ts';
import { parseShape } from '../../formats/json.ts';
import type { ModelSpec } from '../spec.ts';
import { gemma } from './gemma.ts';
import { gemma2 } from './gemma2.ts';
import { gemma3 } from './gemma3.ts';
import { gptNeox } from './gpt-neox.ts';
import { gpt2 } from './gpt2.ts';
import { llama } from './llama.ts';
import { mistral } from './mistral.ts';
import { qwen2 } from './qwen2.ts';
import { qwen3 } from './qwen3.ts';
import type { Family } from './shared-config.ts';

const FAMILIES: readonly Family[] = [gpt2, gptNeox, llama, mistral, gemma, gemma2, gemma3, qwen2, qwen3];

/** Every architecture that Sonde runs, as `architectures[0]` spells it. */
export const SUPPORTED_ARCHITECTURES: readonly string[] = FAMILIES.flatMap((family) => family.architectures);

const BY_MODEL_TYPE = new Map(FAMILIES.flatMap((family) => Object.entries(family.modelTypes)));

const Kind = z.object({
  architectures: z.array(z.string()).nullish(),
  model_type: z.string().nullish(),
});

/**
 * Reads a parsed config.json into a model spec. `model_type` decides only where no architecture is named.
 * @param names stored tensors, which settle name prefixes; null takes the usual ones.
 * @throws unsupported-architecture with the list of those supported; corrupt-file for a config of the wrong shape;
 *   missing-tensor when no known prefix is stored.
 */
export function readModelSpec(config: unknown, path: string, names: ReadonlySet<string> | null = null): ModelSpec {
  const kind = parseShape(Kind, config, path);
  const named = kind.architectures?.[0];
  const architecture = named ?? BY_MODEL_TYPE.get(kind.model_type ?? '');
  const family = FAMILIES.find((candidate) => candidate.architectures.includes(architecture ?? ''));
  if (architecture !== undefined && family) return family.read({ architecture, config, names, path });
  const found = named ?? (kind.model_type ? `model_type ${kind.model_type}` : 'no architecture');
  throw new SondeError(
    'unsupported-architecture',
    `${path} names ${found}; supported are ${SUPPORTED_ARCHITECTURES.join(', ')}.`,
    { path, found, expected: SUPPORTED_ARCHITECTURES },
  );
}
