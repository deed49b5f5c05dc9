/** What was measured, as tables for people; the JSON is the report itself. */

import type { DaemonReport } from './daemon/measure.js';
import { daemonRows } from './daemon/render.js';
import type { MemoryResult } from './memory.js';
import { MAX_RATIO, type SpeedReport } from './speed.js';
import { MAX_READY_MS, type StartUp } from './start-up.js';
import { table } from './table.js';
import type { TrainingResult } from './training.js';
import { verdict } from './verdict.js';

/** What each part of the benchmark finds. */
export interface PartReports {
  readonly 'start-up': StartUp;
  readonly speed: SpeedReport;
  /** Null where the system does not tell. */
  readonly memory: readonly MemoryResult[] | null;
  readonly training: readonly TrainingResult[];
  readonly daemon: DaemonReport;
}

export type Part = keyof PartReports;

/** In the order of the report. */
export const PARTS: readonly Part[] = ['start-up', 'speed', 'memory', 'training', 'daemon'];

/** Absent parts were not measured. */
export interface Report extends Partial<PartReports> {
  readonly date: string;
  readonly machine: {
    readonly processor: string;
    readonly memoryGiB: number;
    readonly node: string;
    readonly onnxruntime: string;
  };
  /** Load average at the start and the end: ratios of a busy machine say little. */
  readonly load: readonly [number, number];
  readonly threads: number | null;
}

const ms = (value: number): string => value.toFixed(0);

/** The report as text. */
export function renderReport(report: Report): string {
  const { machine, load } = report;
  return [
    `${report.date}  ${machine.processor}, ${machine.memoryGiB} GiB, Node ${machine.node}, onnxruntime ${machine.onnxruntime}; load ${load.join(' → ')}`,
    ...PARTS.flatMap((part) => (report[part] === undefined ? [] : RENDERERS[part](report[part] as never))),
  ].join('\n\n');
}

const RENDERERS: { readonly [P in Part]: (found: PartReports[P]) => string[] } = {
  'start-up': (found) => [
    'Start, ms since the process began (warm page cache)',
    table(
      ['', 'ms', ''],
      [
        ['runtime process', ms(found.runtime), ''],
        ['model open', ms(found.model), ''],
        ['trace accepted', ms(found.ready), verdict(found.ready, MAX_READY_MS, ms)],
        ['first short trace', ms(found.first), ''],
        ['second short trace', `+${ms(found.second - found.first)}`, ''],
      ],
    ),
  ],
  speed: ({ peak, results }) => [
    `Speed, 128 positions; peak of one large product ${peak.toFixed(0)} GFLOP/s`,
    table(
      ['', 'L0', 'trace ms', 'bare ms', 'ratio', 'of best', 'bare/peak', 'trace/peak', ''],
      results.map((row) => [
        row.label,
        row.l0.toFixed(1),
        row.ours.toFixed(1),
        row.bare.toFixed(1),
        row.ratio.toFixed(2),
        row.bestRatio.toFixed(2),
        (row.bareRate / peak).toFixed(2),
        (row.oursRate / peak).toFixed(2),
        verdict(row.ratio, MAX_RATIO, (value) => value.toFixed(1)),
      ]),
    ),
  ],
  memory: (found) => {
    if (found === null) return ['Anonymous memory: this system does not tell.'];
    const mb = (value: number): string => (value / 1e6).toFixed(0);
    const rows = found.map((row) => [
      row.label,
      row.weights,
      mb(row.reference),
      mb(row.predicted),
      mb(row.opened),
      mb(row.afterRun),
      row.share.toFixed(2),
      row.bound === null ? '' : verdict(row.share, row.bound, (value) => value.toFixed(2)),
    ]);
    return [
      'Anonymous memory of the runtime process, MB beyond an idle one; share of matrices (packed) or files (mapped)',
      table(['', '', 'of', 'predicted', 'opened', 'after run', 'share', ''], rows),
    ];
  },
  training: (found) => [
    'Training; tokens/s of the fastest run',
    table(
      ['', 'ms', 'bare ms', 'ratio', 'of best', 'tokens/s', ''],
      found.map((row) => [
        `${row.label}, against ${row.against}`,
        ms(row.ours),
        ms(row.bare),
        row.ratio.toFixed(2),
        row.bestRatio.toFixed(2),
        ms((1000 * row.tokens) / row.oursBest),
        row.bound === null ? '' : verdict(row.ratio, row.bound, (value) => value.toFixed(1)),
      ]),
    ),
  ],
  daemon: (found) => [
    'The daemon, through its port; distinct texts, one SAE at layer 8',
    table(['', '', ''], daemonRows(found)),
  ],
};
