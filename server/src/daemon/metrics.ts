/** Prometheus metrics; everything that the engine counts is read when they are asked for. */

import { METHODS } from '@sonde/protocol';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { EngineStatus } from '../engine/requests.ts';
import type { EngineDoor } from '../rpc/engine-door.ts';
import type { Meter } from '../rpc/session.ts';

export interface Metrics extends Meter {
  /** The text format of Prometheus. */
  text(): Promise<string>;
  readonly contentType: string;
  inFlight(): number;
}

export function createMetrics(engine: EngineDoor, clients: () => number): Metrics {
  const registry = new Registry();
  const registers = [registry];
  let running = 0;
  collectDefaultMetrics({ register: registry, prefix: 'sonde_' });
  const latency = new Histogram({
    name: 'sonde_request_seconds',
    help: 'Time from a request to its answer, by method and outcome',
    labelNames: ['method', 'outcome'] as const,
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
    registers,
  });
  /** Read once before each text. */
  let status: EngineStatus;
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name: `sonde_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  /** A count that somebody else keeps. */
  const counter = (name: string, help: string, read: () => number): void => {
    new Counter({
      name: `sonde_${name}_total`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  };

  gauge('clients', 'Connected clients', clients);
  gauge('requests_in_flight', 'Requests that are not answered yet', () => running);
  new Gauge({
    name: 'sonde_queue_length',
    help: 'Runs that wait, by lane',
    labelNames: ['lane'] as const,
    registers,
    collect() {
      for (const [lane, waiting] of Object.entries(status.waiting)) this.set({ lane }, waiting);
    },
  });
  counter('memo_hits', 'Traces answered from the memo', () => status.memo.hits);
  counter('memo_joins', 'Traces that joined one in flight', () => status.memo.joins);
  counter('memo_misses', 'Traces that were computed', () => status.memo.misses);
  gauge('memo_bytes', 'Bytes of finished traces that are kept', () => status.memo.bytes);
  gauge('prefix_bytes', 'Bytes of texts in work', () => status.prefix.bytes);
  counter('prefix_reused_tokens', 'Tokens that earlier versions of a text saved', () => status.prefix.reusedTokens);
  gauge('sessions_bytes', 'Bytes of open programs', () => status.sessions.bytes);
  gauge('resident_bytes', 'Predicted bytes of open models and dictionaries', () => status.resident.bytes);
  counter('evictions', 'Models and dictionaries closed to make room', () => status.resident.evictions);
  counter('tokens', 'Tokens computed', () => status.runtime.tokens);
  counter('runtime_restarts', 'Times the runtime process was started again', () => status.runtime.restarts);
  gauge('runtime_resident_bytes', 'Memory of the runtime process', () => status.runtime.rss);

  return {
    started() {
      running++;
    },
    ended(method, outcome, seconds) {
      running--;
      // A client's invented names must not become time series.
      latency.observe({ method: METHODS.has(method) ? method : 'unknown', outcome }, seconds);
    },
    async text() {
      status = await engine.status();
      return registry.metrics();
    },
    contentType: registry.contentType,
    inFlight: () => running,
  };
}
