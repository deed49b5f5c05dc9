/** What was measured, as tables for people; the JSON is the report itself. */

import type { MemoryResult } from './memory.js';
import { MAX_RATIO, type SpeedReport } from './speed.js';
import { MAX_READY_MS, type StartUp } from './start-up.js';
import type { TrainingResult } from './training.js';

export interface Report {
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
  readonly startUp: StartUp;
  readonly speed: SpeedReport;
  /** Null where the system does not tell. */
  readonly memory: readonly MemoryResult[] | null;
  readonly training: readonly TrainingResult[];
}

/** The report as text. */
export function renderReport(report: Report): string {
  const { machine, load, startUp, speed, memory, training } = report;
  const ms = (value: number): string => value.toFixed(0);
  const start = [
    ['runtime process', ms(startUp.runtime), ''],
    ['model open', ms(startUp.model), ''],
    ['trace accepted', ms(startUp.ready), verdict(startUp.ready, MAX_READY_MS, ms)],
    ['first short trace', ms(startUp.first), ''],
    ['second short trace', `+${ms(startUp.second - startUp.first)}`, ''],
  ];
  const speeds = speed.results.map((row) => [
    row.label,
    row.l0.toFixed(1),
    row.ours.toFixed(1),
    row.bare.toFixed(1),
    row.ratio.toFixed(2),
    row.bestRatio.toFixed(2),
    (row.bareRate / speed.peak).toFixed(2),
    (row.oursRate / speed.peak).toFixed(2),
    verdict(row.ratio, MAX_RATIO, (value) => value.toFixed(1)),
  ]);
  const mb = (value: number): string => (value / 1e6).toFixed(0);
  const weights = (memory ?? []).map((row) => [
    row.label,
    row.weights,
    mb(row.reference),
    mb(row.predicted),
    mb(row.opened),
    mb(row.afterRun),
    row.share.toFixed(2),
    row.bound === null ? '' : verdict(row.share, row.bound, (value) => value.toFixed(2)),
  ]);
  const trained = training.map((row) => [
    `${row.label}, against ${row.against}`,
    ms(row.ours),
    ms(row.bare),
    row.ratio.toFixed(2),
    row.bestRatio.toFixed(2),
    ms((1000 * row.tokens) / row.oursBest),
    row.bound === null ? '' : verdict(row.ratio, row.bound, (value) => value.toFixed(1)),
  ]);
  return [
    `${report.date}  ${machine.processor}, ${machine.memoryGiB} GiB, Node ${machine.node}, onnxruntime ${machine.onnxruntime}; load ${load.join(' → ')}`,
    'Start, ms since the process began (warm page cache)',
    table(['', 'ms', ''], start),
    `Speed, 128 positions; peak of one large product ${speed.peak.toFixed(0)} GFLOP/s`,
    table(['', 'L0', 'trace ms', 'bare ms', 'ratio', 'of best', 'bare/peak', 'trace/peak', ''], speeds),
    memory === null
      ? 'Anonymous memory: this system does not tell.'
      : 'Anonymous memory of the runtime process, MB beyond an idle one; share of matrices (packed) or files (mapped)',
    ...(memory === null ? [] : [table(['', '', 'of', 'predicted', 'opened', 'after run', 'share', ''], weights)]),
    'Training; tokens/s of the fastest run',
    table(['', 'ms', 'bare ms', 'ratio', 'of best', 'tokens/s', ''], trained),
  ].join('\n\n');
}

function verdict(value: number, bound: number, show: (value: number) => string): string {
  return `${value <= bound ? 'meets' : 'MISSES'} ≤ ${show(bound)}`;
}

/** Columns as wide as their widest cell; the first and the last to the left, numbers to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, i) => (i === 0 || i === head.length - 1 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
