/** `sonde stop`: stops the running daemon and waits until it has gone. */
import { Command } from 'commander';
import { SondeError } from '../../core/errors.ts';
import { lockHolder } from '../../daemon/lock.ts';
import { findDaemon, stateFolder } from '../../daemon/state.ts';
import { openClient } from '../daemon-client.ts';
import { type SetExitCode, withJson } from '../options.ts';
import { print, printJson } from '../output.ts';

/** Longer than a daemon drains unless it was told otherwise. */
const PATIENCE_MILLISECONDS = 60_000;

export function stopCommand(_: SetExitCode): Command {
  const command = new Command('stop').description('stop the running daemon; requests in flight end first');
  return withJson(command).action(async ({ json }: { json?: boolean }) => {
    const state = findDaemon();
    if (!state) return json ? printJson(null) : print('No daemon runs.');
    const { url } = state;
    const client = await openClient(state, 'stop');
    await client.request('sonde/daemon/stop', {});
    await client.close();
    await gone(state.pid);
    return json ? printJson(state) : print(`The daemon at ${url} has stopped.`);
  });
}

async function gone(pid: number): Promise<void> {
  const patience = performance.now() + PATIENCE_MILLISECONDS;
  while (lockHolder(stateFolder())?.pid === pid) {
    if (performance.now() > patience) {
      throw new SondeError('queue-full', `Process ${pid} still drains after a minute; it stops when its requests end.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
