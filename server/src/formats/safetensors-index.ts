/** `model.safetensors.index.json`: which shard of a checkpoint holds which tensor (huggingface_hub's sharding). */
import { z } from 'zod';
import { refuse } from './corrupt.ts';
import { parseJsonShape } from './json.ts';

export interface SafetensorsIndex {
  /** Tensor name → file name in the index's own folder. */
  readonly weight_map: ReadonlyMap<string, string>;
  /** Every shard once, in code unit order. */
  readonly shards: readonly string[];
}

const schema = z.looseObject({ weight_map: z.record(z.string(), z.string().min(1)) });

/**
 * Reads a shard index.
 * @throws corrupt-file for a wrong shape; unsafe-file when a shard's name leaves the folder.
 */
export function parseSafetensorsIndex(text: string, path: string): SafetensorsIndex {
  const weight_map = new Map(Object.entries(parseJsonShape(schema, text, path).weight_map));
  const shards = [...new Set(weight_map.values())].sort();
  for (const shard of shards) {
    if (!/[/\\\0]/.test(shard) && shard !== '..' && shard !== '.') continue;
    const remedy = 'Do not use this checkpoint.';
    refuse('unsafe-file', {
      path,
      problem: 'a shard lies elsewhere',
      found: shard,
      expected: 'a plain file name',
      remedy,
    });
  }
  return { weight_map, shards };
}
