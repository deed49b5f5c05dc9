/** Datasets: a large one opens as fast as a small one; 40 MB cost their opening, and no more than that. */
import { readFile } from 'node:fs/promises';
import type { BenchEditor } from './client.js';
import type { EditorDaemon } from './daemon.js';
import { type Distribution, distribution } from './distribution.js';
import { jsonLines, table } from './texts.js';
import type { TurnMeter } from './turns.js';

/** From opening to the complete hints of the first lines, milliseconds. */
export interface OpeningResult {
  readonly small: Distribution;
  readonly large: Distribution;
}

const SMALL = 60;
const LARGE = 10_000;

export async function measureOpening(editor: BenchEditor, runs: number): Promise<OpeningResult> {
  const times = { small: [] as number[], large: [] as number[] };
  for (let run = 0; run < runs; run++) {
    for (const [name, rows] of [['small', SMALL] as const, ['large', LARGE] as const]) {
      const uri = `file:///bench/${name}-${run}.jsonl`;
      const text = jsonLines(1000 + 2 * run + Number(name === 'large'), rows);
      const start = performance.now();
      editor.open(uri, text);
      await editor.complete(uri, 0);
      times[name].push(performance.now() - start);
      editor.close(uri);
    }
  }
  return { small: distribution(times.small), large: distribution(times.large) };
}

/** Milliseconds; bytes of the daemon's process. */
export interface LargeResult {
  readonly name: string;
  readonly bytes: number;
  /** From opening until another request is answered, and the CPU time of its longest turn. */
  readonly open: number;
  readonly openTurn: number;
  /** Until the first lines' hints are complete. */
  readonly first: number;
  /** The same in the middle of the document. */
  readonly middle: number;
  /** Keystrokes in the middle: until the answer, until complete hints. */
  readonly answer: Distribution;
  readonly complete: Distribution;
  /** Answers about the whole document. */
  readonly whole: Readonly<Record<string, number>>;
  /** Resident bytes before, with the document open and edited, and when it is closed. */
  readonly rss: readonly [number, number, number];
}

const KEYSTROKES = 20;
const WHOLE = ['textDocument/documentSymbol', 'textDocument/foldingRange', 'textDocument/codeLens'];

/** 40 MB of rows, and 10 MB of a table. */
export async function measureLarge(
  daemon: EditorDaemon,
  editor: BenchEditor,
  meter: TurnMeter,
): Promise<LargeResult[]> {
  const rows = jsonLines(21, 105_000, 60);
  const cells = table(22, 10 * 2 ** 20);
  return [await large(daemon, editor, meter, '.jsonl', rows), await large(daemon, editor, meter, '.csv', cells)];
}

async function large(
  daemon: EditorDaemon,
  editor: BenchEditor,
  meter: TurnMeter,
  name: string,
  text: string,
): Promise<LargeResult> {
  const uri = `file:///bench/large${name}`;
  const before = await resident(daemon.pid);
  await daemon.turns();
  const answered = async (method: string, params: object): Promise<number> => {
    const start = performance.now();
    await editor.request(method, params);
    return performance.now() - start;
  };
  editor.open(uri, text);
  const open = await answered('sonde/editor/status', {});
  const opening = await daemon.turns();
  meter.add(`opening ${name} of ${(text.length / 1e6).toFixed(0)} MB`, opening);
  return meter.during(`looking at it and editing it`, async () => {
    const { ms: first } = await editor.complete(uri, 0);
    const lines = text.split('\n');
    const line = Math.floor(lines.length / 2);
    const { ms: middle } = await editor.complete(uri, line);
    const answers: number[] = [];
    const completes: number[] = [];
    const typed = line + lines.slice(line).findIndex((row) => row.includes(' '));
    for (let i = 0; i < KEYSTROKES; i++) {
      editor.type(uri, 2 + i, { line: typed, character: lines[typed]!.indexOf(' ') + i }, 'x');
      const { ms, first: answer } = await editor.complete(uri, line);
      answers.push(answer);
      completes.push(ms);
    }
    const whole: Record<string, number> = {};
    for (const method of WHOLE) whole[method] = await answered(method, { textDocument: { uri } });
    const rss = await resident(daemon.pid);
    editor.close(uri);
    await answered('sonde/editor/status', {});
    return {
      name,
      bytes: Buffer.byteLength(text),
      open,
      openTurn: Math.max(0, ...opening.cpu),
      first,
      middle,
      answer: distribution(answers),
      complete: distribution(completes),
      whole,
      rss: [before, rss, await resident(daemon.pid)] as const,
    };
  });
}

/** Bytes of a process. */
async function resident(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return 1024 * Number(/VmRSS:\s+(\d+)/.exec(status)![1]);
}
