/** A daemon whose event loop is metered, and editors that are connected to it. */
import { withDaemon } from '../daemon/process.js';
import type { Turns } from '../turn-meter.js';
import { type BenchEditor, connectEditor } from './client.js';

export interface EditorDaemon {
  readonly pid: number;
  editor(): Promise<BenchEditor>;
  /** Turns since it was last asked. */
  turns(): Promise<Turns>;
  /** Milliseconds of hovers at its sockets since it was last asked. */
  hovers(): Promise<readonly number[]>;
}

/** Uses a daemon as it runs for people; `profiles` is a folder for CPU profiles. */
export function withEditorDaemon<T>(
  model: readonly string[],
  profiles: string | undefined,
  use: (daemon: EditorDaemon) => Promise<T>,
): Promise<T> {
  const profiling = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];
  return withDaemon(
    model,
    ({ pid, url, token, turns, hovers }) =>
      use({ pid, editor: () => connectEditor(url.replace(/\/rpc$/, '/lsp'), token), turns, hovers }),
    {},
    profiling,
  );
}
