/** The daemon's figures as rows of one table. */
import { verdict, verdictAbove } from '../verdict.js';
import { MIN_GAIN } from './clients.js';
import { MAX_EDIT_SHARE } from './edits.js';
import { MAX_TASK_MS } from './event-loop.js';
import type { DaemonReport } from './measure.js';
import { MAX_OVERHEAD_MS } from './overhead.js';
import { MAX_GROWTH } from './soak.js';
import { MAX_STATUS_MS } from './status.js';

const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
const share = (value: number): string => `1/${(1 / value).toFixed(1)}`;
const mb = (value: number): string => (value / 1e6).toFixed(0);

/** What, how much, verdict. */
export function daemonRows(report: DaemonReport): string[][] {
  const { edits, throughput, roundTrips, status, recovery, eventLoop, soak } = report;
  const edit = (label: string, time: number, part: number): string[] => [
    `${label} (${ms(time)} of ${ms(edits.full)}, L0 ${edits.l0.toFixed(0)})`,
    share(part),
    verdict(part, MAX_EDIT_SHARE, share),
  ];
  return [
    edit('last 8 of 900 tokens edited, all rows asked for', edits.edit, edits.share),
    edit('the same, 40 rows asked for', edits.editOnScreen, edits.shareOnScreen),
    ...throughput.map(({ tokens, one, many, gain }) => [
      `16 clients, ${tokens} tokens (${many.toFixed(1)}/s against ${one.toFixed(1)}/s)`,
      `${gain.toFixed(2)}×`,
      verdictAbove(gain, MIN_GAIN[tokens]!, (value) => `${value}×`),
    ]),
    ['round trip without work', ms(roundTrips.empty), ''],
    ...roundTrips.traces.map(({ tokens, daemon, engine, overhead }) => [
      `round trip beyond a trace of ${tokens} tokens (${ms(daemon)} against ${ms(engine)})`,
      ms(overhead),
      verdict(overhead, MAX_OVERHEAD_MS, ms),
    ]),
    [
      `status under load, p99 (median ${ms(status.median)}, worst ${ms(status.max)}, ${status.traced} texts traced)`,
      ms(status.p99),
      verdict(status.p99, MAX_STATUS_MS, ms),
    ],
    recovery === null
      ? ['recovery from kill -9', 'not known', '']
      : [
          `recovery from kill -9 (worst ${ms(recovery.worst)}; ${recovery.failed} of ${recovery.answered} told to try again)`,
          ms(recovery.recovery),
          '',
        ],
    ...eventLoop.map(({ dictionaries, whole, longest, request }) => [
      `longest turn, CPU, 900 tokens, ${dictionaries} dictionaries, ${whole ? 'all rows' : '40 rows'} (${ms(request)})`,
      ms(longest),
      verdict(longest, MAX_TASK_MS, ms),
    ]),
    ...[['daemon', soak.daemon, soak.growth] as const, ['runtime', soak.runtime, soak.runtimeGrowth] as const].map(
      ([label, bytes, growth]) => [
        `${label}'s memory over ${soak.requests} requests in ${soak.seconds.toFixed(0)} s (${bytes.map(mb).join(' ')} MB)`,
        `${growth.toFixed(2)}×`,
        verdict(growth, MAX_GROWTH, (value) => `${value}×`),
      ],
    ),
  ];
}
