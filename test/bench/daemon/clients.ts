/** Throughput of many clients against one, each sending its next text when the last is answered. */
import type { SondeClient } from '../../../protocol/dist/index.js';
import { K } from '../rig.js';
import { median } from '../statistics.js';
import type { BenchDaemon } from './process.js';
import { withClients } from './process.js';
import { textSource } from './texts.js';

/** Many clients must get at least this many times the throughput of one, by tokens of a text. */
export const MIN_GAIN: Readonly<Record<number, number>> = { 8: 1.5, 128: 0.95 };

const MANY = 16;
const ROUNDS = 3;
const ROUND_MILLISECONDS = 4000;

export interface ThroughputResult {
  readonly tokens: number;
  /** Texts a second, medians of rounds in turns. */
  readonly one: number;
  readonly many: number;
  readonly gain: number;
}

export function measureThroughput(daemon: BenchDaemon): Promise<ThroughputResult[]> {
  return withClients(daemon, MANY, async (clients) => {
    const results: ThroughputResult[] = [];
    for (const tokens of Object.keys(MIN_GAIN).map(Number)) {
      const next = textSource(tokens);
      const rates: { one: number[]; many: number[] } = { one: [], many: [] };
      // The first round warms up and is not counted.
      for (let i = -1; i < ROUNDS; i++) {
        const one = await rate(clients.slice(0, 1), () => next(tokens));
        const many = await rate(clients, () => next(tokens));
        if (i < 0) continue;
        rates.one.push(one);
        rates.many.push(many);
      }
      const [one, many] = [median(rates.one), median(rates.many)];
      results.push({ tokens, one, many, gain: many / one });
    }
    return results;
  });
}

async function rate(clients: readonly SondeClient[], text: () => string): Promise<number> {
  const begun = performance.now();
  const until = begun + ROUND_MILLISECONDS;
  let done = 0;
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() < until) {
        await client.request('sonde/trace/features', { text: text(), k: K });
        done++;
      }
    }),
  );
  return (1000 * done) / (performance.now() - begun);
}
