/** What was measured, as tables for people; the JSON is the report itself. */
import { table } from '../table.js';
import { verdict } from '../verdict.js';
import type { LargeResult, OpeningResult } from './datasets.js';
import type { Distribution } from './distribution.js';
import { type HoverResult, MAX_HOVER_MS } from './hovering.js';
import { MAX_TURN_MS, type TurnResult } from './turns.js';
import { INTERVAL, type TypingResult } from './typing.js';

/** Absent parts were not measured. */
export interface ModelReport {
  readonly name: string;
  readonly label: string;
  readonly typing?: TypingResult;
  readonly hover?: HoverResult;
  readonly opening?: OpeningResult;
  readonly large?: readonly LargeResult[];
  readonly turns: readonly TurnResult[];
}

export interface EditorReport {
  readonly date: string;
  readonly machine: { readonly processor: string; readonly memoryGiB: number; readonly node: string };
  /** Load average at the start and the end of the last run. */
  readonly load: readonly [number, number];
  readonly models: readonly ModelReport[];
}

/** The report as text. */
export function renderEditorReport({ date, machine, load, models }: EditorReport): string {
  const { processor, memoryGiB, node } = machine;
  return [
    `${date}  ${processor}, ${memoryGiB} GiB, Node ${node}; load ${load.join(' → ')}`,
    ...models.flatMap((model) => [`== ${model.label}`, ...renderModel(model)]),
  ].join('\n\n');
}

function renderModel({ typing, hover, opening, large = [], turns }: ModelReport): string[] {
  const row = (name: string, times: Distribution, bound?: number): string[] => [
    name,
    String(times.n),
    ...[times.p50, times.p90, times.p99, times.max].map(ms),
    bound === undefined ? '' : verdict(times.p99, bound, (value) => value.toFixed(0)),
  ];
  const times = [
    ...(typing
      ? [
          row('keystroke → answer', typing.answer),
          row('keystroke → complete hints', typing.complete),
          row(`keystroke every ${INTERVAL} ms → answer`, typing.fastAnswer),
          row('the last of them → complete hints', typing.fastComplete),
        ]
      : []),
    ...(hover
      ? [
          row('hover from the memo', hover.alone),
          row('  at the daemon’s socket', hover.aloneServer, MAX_HOVER_MS),
          row(`the same while a scan ${hover.scanned ? 'runs' : 'RAN (it ended early)'}`, hover.scanning),
          row('  at the daemon’s socket', hover.scanningServer, MAX_HOVER_MS),
        ]
      : []),
    ...(opening
      ? [row('60 rows: open → complete hints', opening.small), row('10,000 rows: open → complete hints', opening.large)]
      : []),
    ...large.flatMap(({ name, bytes, answer, complete }) => [
      row(`${name} of ${mb(bytes)} MB: keystroke in its middle → answer`, answer),
      row(`${name} of ${mb(bytes)} MB: keystroke in its middle → complete hints`, complete),
    ]),
  ];
  const loop = turns.flatMap(({ during, turns: count, cpu, long, yardstick }) => [
    [
      during,
      String(count),
      ...[cpu.p50, cpu.p90, cpu.p99, cpu.max].map(ms),
      String(long),
      during.startsWith('opening .') ? '' : verdict(cpu.max, MAX_TURN_MS, (value) => value.toFixed(0)),
    ],
    ...(yardstick === null ? [] : [yardstickRow(yardstick)]),
  ]);
  const documents = large.map((document) => [
    `${document.name} of ${mb(document.bytes)} MB`,
    ...[document.open, document.openTurn, document.first, document.middle].map(ms),
    ...Object.values(document.whole).map(ms),
    ...document.rss.map(mb),
    '',
  ]);
  return [
    'ms, at the client',
    table(['', 'n', 'p50', 'p90', 'p99', 'max', ''], times),
    'Turns of the daemon’s event loop: CPU ms of its thread; how many took longer than they may',
    table(['', 'turns', 'p50', 'p90', 'p99', 'max', 'long', ''], loop),
    ...(documents.length === 0
      ? []
      : [
          'Large documents: ms; MB of the daemon before, with it open, and behind its close',
          table(
            ['', 'open', 'CPU', 'first', 'middle', 'symbols', 'folds', 'lenses', 'before', 'with', 'behind', ''],
            documents,
          ),
        ]),
  ];
}

function yardstickRow({ n, p50, p90, p99, max }: Distribution): string[] {
  return ['  the same work of 1 ms meanwhile', String(n), ...[p50, p90, p99, max].map(ms), '', ''];
}

function ms(value: number): string {
  return value.toFixed(value < 10 ? 1 : 0);
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
