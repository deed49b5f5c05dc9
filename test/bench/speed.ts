/** Times traces against the bare matrix products that they need, in the same process and in turns. */
import { trace } from '../../server/dist/methods/trace/trace.js';
import type { ProcessRunner } from '../../server/dist/runtime/process-runner.js';
import { type Fixtures, POSITIONS } from './fixtures.js';
import { bareProducts, type Products, peakProduct } from './products.js';
import { benchExecution, open, scenarios, withRunner } from './rig.js';
import { type Comparison, compare, elapsed } from './statistics.js';

/** A trace may take this many times its bare products. */
export const MAX_RATIO = 1.3;

export interface SpeedResult extends Comparison {
  readonly label: string;
  /** Mean active features per position and dictionary, to show what was decoded. */
  readonly l0: number;
  readonly gflop: number;
  /** Of the fastest runs, GFLOP/s counted by the bare products. */
  readonly oursRate: number;
  readonly bareRate: number;
}

export interface SpeedReport {
  /** GFLOP/s of one large product, fastest run. */
  readonly peak: number;
  readonly results: readonly SpeedResult[];
}

/** Measures all scenarios. */
export function measureSpeed(
  fixtures: Fixtures,
  runs: number,
  threads: number | undefined,
  log: (line: string) => void,
): Promise<SpeedReport> {
  const { model, dictionaries } = open(fixtures.model, fixtures.dictionaries);
  return withRunner(threads, async (runner) => {
    let peak = 0;
    const results: SpeedResult[] = [];
    for (const { label, request, layers } of scenarios(dictionaries)) {
      log(`timing: ${label}`);
      const unembedding = request.predictions > 0;
      const plan = { positions: POSITIONS, layers, dictionaries: request.dictionaries, unembedding };
      const products = bareProducts(model, plan);
      // Taken again for each scenario, since a shared machine has slow minutes.
      peak = Math.max(peak, await rate(runner, peakProduct(), runs));
      const session = await runner.open(products.program, { weights: 'packed' });
      const execution = benchExecution(runner);
      const first = await trace(execution, model, request);
      const comparison = await compare(
        () => trace(execution, model, request),
        () => runner.run(session, products.feeds, [products.fetch]),
        runs,
      );
      await runner.close(session);
      await execution.closeAll();
      const active = first.dictionaries.flatMap(({ table }) => [...table.l0]);
      results.push({
        label,
        ...comparison,
        l0: active.reduce((a, b) => a + b, 0) / active.length,
        gflop: products.flop / 1e9,
        oursRate: products.flop / comparison.oursBest / 1e6,
        bareRate: products.flop / comparison.bareBest / 1e6,
      });
    }
    return { peak, results };
  });
}

async function rate(runner: ProcessRunner, { program, feeds, fetch, flop }: Products, runs: number): Promise<number> {
  const session = await runner.open(program, { weights: 'packed' });
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) best = Math.min(best, await elapsed(() => runner.run(session, feeds, [fetch])));
  await runner.close(session);
  return flop / best / 1e6;
}
