/** Anonymous memory of the runtime process: what its weights take beyond their files, before and after a run. */
import { statSync } from 'node:fs';
import { traceProgram } from '../../server/dist/methods/trace/program.js';
import { trace } from '../../server/dist/methods/trace/trace.js';
import { type Fixtures, LAYER, POSITIONS } from './fixtures.js';
import { bareProducts } from './products.js';
import { benchExecution, K, open, PREDICTIONS, type Scenario, scenarios, withRunner } from './rig.js';

/** Anonymous memory may be this many times the matrices (packed), or the files (mapped). */
export const MAX_PACKED = 1.15;
export const MAX_MAPPED = 0.15;

export interface MemoryResult {
  readonly label: string;
  readonly weights: 'packed' | 'mapped';
  /** What the share is taken of: bytes of the matrices multiplied by (as float32), or of the files. */
  readonly reference: number;
  /** Anonymous bytes beyond those of an idle runtime process: after opening, and after one trace. */
  readonly opened: number;
  readonly afterRun: number;
  /** What the program was predicted to take, bytes. */
  readonly predicted: number;
  readonly share: number;
  /** Null where no bound is set. */
  readonly bound: number | null;
}

/** Weighs each scenario packed and mapped, and one in half precision, each in a process of its own. */
export async function measureMemory(fixtures: Fixtures, log: (line: string) => void): Promise<MemoryResult[] | null> {
  const results: MemoryResult[] = [];
  const { dictionaries } = open(fixtures.model, fixtures.dictionaries);
  for (const scenario of scenarios(dictionaries)) {
    for (const weights of ['packed', 'mapped'] as const) {
      log(`weighing: ${scenario.label}, ${weights}`);
      const result = await weigh(fixtures.model, scenario, weights, weights === 'packed' ? MAX_PACKED : MAX_MAPPED);
      if (result === null) return null;
      results.push(result);
    }
  }
  const half = open(fixtures.halfModel, [fixtures.halfDictionary]);
  const request = { ...scenarios(dictionaries)[0]!.request, dictionaries: half.dictionaries };
  const scenario = { label: `one SAE at layer ${LAYER}, half precision`, request, layers: LAYER };
  const result = await weigh(fixtures.halfModel, scenario, 'packed', MAX_PACKED);
  return result === null ? null : [...results, result];
}

/** Null where the system does not tell. */
async function weigh(
  modelPath: string,
  { label, request, layers }: Scenario,
  weights: 'packed' | 'mapped',
  bound: number | null,
): Promise<MemoryResult | null> {
  const { model } = open(modelPath, []);
  const { dictionaries, predictions } = request;
  const plan = { dictionaries, k: K, predictions: predictions > 0 ? PREDICTIONS : 0, stage: 'fused' as const };
  const { memory } = await traceProgram(model, plan, 'cpu');
  const products = bareProducts(model, { positions: POSITIONS, layers, dictionaries, unembedding: predictions > 0 });
  const files = [...new Set([modelPath, ...dictionaries.map(({ path }) => path)])].map(weightBytes);
  const reference = weights === 'packed' ? products.matrixBytes : files.reduce((a, b) => a + b, 0);
  return withRunner(undefined, async (runner) => {
    const before = (await runner.memory()).anonymous;
    let opened: number | undefined;
    const execution = benchExecution(runner, weights, async () => {
      opened ??= (await runner.memory()).anonymous;
    });
    await trace(execution, model, request);
    const after = (await runner.memory()).anonymous;
    if (before === undefined || after === undefined || opened === undefined) return null;
    const afterRun = after - before;
    const share = afterRun / reference;
    return {
      label,
      weights,
      reference,
      opened: opened - before,
      afterRun,
      predicted: memory[weights],
      share,
      bound,
    };
  });
}

function weightBytes(folder: string): number {
  const names = ['model.safetensors', 'sae_weights.safetensors'];
  return names.reduce((sum, name) => sum + (statSync(`${folder}/${name}`, { throwIfNoEntry: false })?.size ?? 0), 0);
}
