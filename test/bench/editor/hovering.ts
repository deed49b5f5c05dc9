/** A hover that the memo can answer, while the daemon looks for a feature in a large dataset. */
import type { BenchEditor, Place } from './client.js';
import type { EditorDaemon } from './daemon.js';
import { type Distribution, distribution } from './distribution.js';
import { jsonLines, promptFile } from './texts.js';

/** Milliseconds, at the client and at the daemon's sockets. */
export interface HoverResult {
  readonly alone: Distribution;
  readonly aloneServer: Distribution;
  readonly scanning: Distribution;
  readonly scanningServer: Distribution;
  /** Whether the scan was still under way behind the last hover. */
  readonly scanned: boolean;
}

/** A hover from the memo may take so long at the server. */
export const MAX_HOVER_MS = 20;
const ROUNDS = 8;
/** Milliseconds between hovers. */
const PAUSE = 15;

export async function measureHover(
  daemon: EditorDaemon,
  editor: BenchEditor,
  other: BenchEditor,
): Promise<HoverResult> {
  const uri = 'file:///bench/hover.prompt';
  const rows = 'file:///bench/scan.jsonl';
  const text = promptFile(11);
  const places = placesIn(text);
  editor.open(uri, text);
  await editor.complete(uri, 0);
  await rounds(editor, uri, places, 1);
  await daemon.hovers();
  const alone = await rounds(editor, uri, places, ROUNDS);
  const aloneServer = distribution(await daemon.hovers());

  other.open(rows, jsonLines(12, 10_000));
  await other.complete(rows, 0);
  let scanning = true;
  const params = { textDocument: { uri: rows }, position: { line: 0, character: 20 } };
  const scan = other.begin('textDocument/references', { ...params, context: { includeDeclaration: false } });
  const ended = scan.answer.then(
    () => false,
    () => false,
  );
  void ended.then(() => (scanning = false));
  // Its first runs are under way by then.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const meanwhile = await rounds(editor, uri, places, ROUNDS);
  const scanningServer = distribution(await daemon.hovers());
  const scanned = scanning;
  other.cancel(scan.id);
  await ended;
  editor.close(uri);
  other.close(rows);
  return { alone: distribution(alone), aloneServer, scanning: distribution(meanwhile), scanningServer, scanned };
}

/** A place inside a word of every line that holds text. */
function placesIn(text: string): Place[] {
  return text.split('\n').flatMap((line, i) => (line.length > 10 ? [{ line: i, character: 8 + (i % 3) }] : []));
}

async function rounds(editor: BenchEditor, uri: string, places: readonly Place[], count: number): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < count; round++) {
    for (const position of places) {
      const start = performance.now();
      const hover = await editor.request<object | null>('textDocument/hover', { textDocument: { uri }, position });
      if (!hover) throw new Error(`no hover at ${position.line}:${position.character}`);
      times.push(performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
  return times;
}
