/** `sonde status`: what the running daemon does. */
import { Command } from 'commander';
import { findDaemon } from '../../daemon/state.ts';
import { openClient } from '../daemon-client.ts';
import { EXIT_CHECK_FAILED } from '../exit-codes.ts';
import { type SetExitCode, withJson } from '../options.ts';
import { print, printJson } from '../output.ts';

export function statusCommand(setExitCode: SetExitCode): Command {
  const command = new Command('status').description('show what the running daemon does');
  return withJson(command).action(async ({ json }: { json?: boolean }) => {
    const state = findDaemon();
    if (!state) {
      setExitCode(EXIT_CHECK_FAILED);
      return json ? printJson(null) : print('No daemon runs. Start one with `sonde serve`.');
    }
    const { url } = state;
    const client = await openClient(state, 'status');
    const status = await client.request('sonde/daemon/status', {});
    await client.close();
    if (json) return printJson({ ...state, ...status });
    const { engine } = status;
    const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
    print(`Sonde ${status.version} at ${url}, process ${status.pid}, up ${Math.round(status.uptime_seconds)} s`);
    print(`${status.clients} clients, ${status.requests_in_flight} requests in flight, ${mebibytes(status.rss)}`);
    print(`waiting: ${engine.waiting.interactive} interactive, ${engine.waiting.batch} batch, on ${engine.device}`);
    print(`memo: ${engine.memo.hits} hits, ${engine.memo.misses} misses, ${mebibytes(engine.memo.bytes)}`);
    const { rss, restarts, tokens } = engine.runtime;
    print(`runtime: ${mebibytes(rss)}, ${restarts} restarts, ${tokens} tokens`);
    print(`models: ${engine.models.map(({ name }) => name).join(', ') || 'none'}`);
  });
}
