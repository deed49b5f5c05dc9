/** Preloaded into a daemon: milliseconds from the frame of a hover to its answer, as the daemon's sockets see them. */
import { WebSocket } from 'ws';

const METHOD = '"textDocument/hover"';

/** Begins to measure; the answer gives what was measured since it was last asked. */
export function meterAnswers(): () => readonly number[] {
  const begun = new Map<number, number>();
  let took: number[] = [];
  const { emit, send } = WebSocket.prototype;
  WebSocket.prototype.emit = function (this: WebSocket, event: string | symbol, ...args: unknown[]): boolean {
    const text = event === 'message' ? String(args[0]) : '';
    if (text.length < 1000 && text.includes(METHOD))
      begun.set((JSON.parse(text) as { id: number }).id, performance.now());
    return emit.call(this, event as 'message', ...(args as []));
  };
  WebSocket.prototype.send = function (this: WebSocket, data: unknown, ...args: unknown[]): void {
    const id =
      begun.size > 0 && typeof data === 'string'
        ? Number(/^\{"jsonrpc":"2.0","id":(\d+),/.exec(data)?.[1])
        : Number.NaN;
    const start = begun.get(id);
    (send as (...all: unknown[]) => void).call(this, data, ...args);
    if (start === undefined) return;
    begun.delete(id);
    took.push(performance.now() - start);
  } as typeof send;
  return () => {
    const answer = took;
    took = [];
    return answer;
  };
}
