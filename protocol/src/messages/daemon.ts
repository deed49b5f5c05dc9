/** The daemon itself. */
import { z } from 'zod';
import { request } from '../method.ts';
import { PROTOCOL_VERSION } from '../version.ts';

const count = z.number().int().nonnegative();
const laneStatus = z.object({ waiting: count, running: count });

/** What the engine tells of itself. */
export const engineStatus = z.object({
  device: z.string(),
  lanes: z.object({ interactive: laneStatus, batch: laneStatus }),
  memo: z.object({ hits: count, misses: count, bytes: count }),
  tokens: count.meta({ description: 'tokens computed since the start' }),
  runtime: z.object({
    rss: count.meta({ description: 'bytes' }),
    restarts: count,
  }),
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
    models: z.array(z.string()),
    engine: engineStatus.nullable().meta({ description: 'null where the engine keeps no counts' }),
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
      models: ['tinyworld'],
      engine: {
        device: 'cpu',
        lanes: { interactive: { waiting: 0, running: 0 }, batch: { waiting: 3, running: 1 } },
        memo: { hits: 5, misses: 9, bytes: 40_960 },
        tokens: 1024,
        runtime: { rss: 300_000_000, restarts: 0 },
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
