/** Many thousand requests: does the memory of the daemon, and of its runtime, stay flat? */
import type { SondeClient } from '../../../protocol/dist/index.js';
import type { BenchDaemon } from './process.js';
import { withClients } from './process.js';
import { textSource } from './texts.js';

export const SOAK_REQUESTS = 50_000;
/** Memory at the end may be this many times that after a fifth of the requests, when every cache is full. */
export const MAX_GROWTH = 1.1;
/** Budgets of the daemon under soak, so that its caches are full early. */
export const SOAK_SETTINGS = { SONDE_MEMO_BYTES: String(4 * 2 ** 20), SONDE_PREFIX_BYTES: String(16 * 2 ** 20) };

const CLIENTS = 4;
/** Requests that each client has in flight. */
const DEPTH = 4;
const SAMPLES = 10;

export interface SoakResult {
  readonly requests: number;
  readonly seconds: number;
  /** Resident bytes of daemon and runtime after each tenth. */
  readonly daemon: readonly number[];
  readonly runtime: readonly number[];
  readonly growth: number;
  readonly runtimeGrowth: number;
}

/** Half the requests are traces of distinct short texts, most of the others statuses, some texts to continue. */
export function measureSoak(daemon: BenchDaemon): Promise<SoakResult> {
  return withClients(daemon, CLIENTS, async (clients) => {
    const next = textSource(6);
    const [daemonBytes, runtimeBytes]: [number[], number[]] = [[], []];
    const begun = performance.now();
    for (let sample = 0; sample < SAMPLES; sample++) {
      let left = SOAK_REQUESTS / SAMPLES;
      const work = async (client: SondeClient): Promise<void> => {
        while (left-- > 0) await send(client, left, next);
      };
      await Promise.all(clients.flatMap((client) => Array.from({ length: DEPTH }, () => work(client))));
      const status = await clients[0]!.request('sonde/daemon/status', {});
      daemonBytes.push(status.rss);
      runtimeBytes.push(status.engine.runtime.rss);
    }
    return {
      requests: SOAK_REQUESTS,
      seconds: (performance.now() - begun) / 1000,
      daemon: daemonBytes,
      runtime: runtimeBytes,
      growth: growth(daemonBytes),
      runtimeGrowth: growth(runtimeBytes),
    };
  });
}

async function send(client: SondeClient, i: number, next: (tokens: number) => string): Promise<void> {
  if (i % 2 === 0) await client.request('sonde/trace/features', { text: next(8), k: 3 });
  else if (i % 50 === 1) await client.request('sonde/trace/features', { text: next(60), k: 3 });
  else await client.request('sonde/daemon/status', {});
}

/** The last sample against the second. */
function growth(bytes: readonly number[]): number {
  return bytes.at(-1)! / bytes[1]!;
}
