/** The daemon itself. */
import { z } from 'zod';
import { request } from '../method.ts';
import { PROTOCOL_VERSION } from '../version.ts';
import { exampleModel, modelInfo } from './common.ts';

const count = z.number().int().nonnegative();

/** What the engine tells of itself. */
export const engineStatus = z.object({
  device: z.string(),
  models: z.array(modelInfo),
  waiting: z.object({ interactive: count, batch: count }).meta({ description: 'runs that wait, by lane' }),
  memo: z
    .object({ entries: count, bytes: count, hits: count, joins: count, misses: count })
    .meta({ description: 'finished traces that are kept; a join waited for the same request of another client' }),
  prefix: z
    .object({ lineages: count, bytes: count, reusedTokens: count, computedTokens: count })
    .meta({ description: 'texts in work, of which an edit computes only what follows it' }),
  sessions: z.object({ sessions: count, bytes: count }).meta({ description: 'open programs' }),
  resident: z
    .object({ parts: count, bytes: count, evictions: count })
    .meta({ description: 'models and dictionaries that are open; evicted ones are opened again when used' }),
  runtime: z
    .object({ rss: count, anonymous: count.optional(), restarts: count, tokens: count })
    .meta({ description: 'the process that computes: bytes, starts after the first, tokens since the start' }),
});

export const daemonStatus = request({
  name: 'sonde/daemon/status',
  summary: 'Tells what the daemon is doing; answers at once, whatever runs.',
  params: z.object({}),
  result: z.object({
    version: z.string(),
    protocolVersion: z.number().int(),
    pid: z.number().int(),
    uptime_seconds: z.number(),
    clients: count,
    requests_in_flight: count,
    rss: count.meta({ description: "bytes of the daemon's own process" }),
    engine: engineStatus,
  }),
  example: {
    params: {},
    result: {
      version: '0.1.0',
      protocolVersion: PROTOCOL_VERSION,
      pid: 4711,
      uptime_seconds: 12.5,
      clients: 1,
      requests_in_flight: 1,
      rss: 120_000_000,
      engine: {
        device: 'cpu',
        models: [exampleModel],
        waiting: { interactive: 0, batch: 3 },
        memo: { entries: 9, bytes: 40_960, hits: 5, joins: 0, misses: 9 },
        prefix: { lineages: 1, bytes: 900_000, reusedTokens: 448, computedTokens: 512 },
        sessions: { sessions: 2, bytes: 8_000_000 },
        resident: { parts: 2, bytes: 9_000_000, evictions: 0 },
        runtime: { rss: 300_000_000, anonymous: 120_000_000, restarts: 0, tokens: 1024 },
      },
    },
  },
});

export const daemonStop = request({
  name: 'sonde/daemon/stop',
  summary: 'Stops the daemon for everybody: no new requests, those in flight end, then it exits.',
  params: z.object({}),
  result: z.null(),
  example: { params: {}, result: null },
});
