/** Registers commands so that an error becomes a message, not silence. */
import { commands, type Disposable, type LogOutputChannel, window } from 'vscode';
import { tellable } from '../client/errors.ts';

export type Handlers = Readonly<Record<string, (argument: unknown, ...more: readonly unknown[]) => unknown>>;

export function registerCommands(handlers: Handlers, log: LogOutputChannel): Disposable[] {
  return Object.entries(handlers).map(([name, handler]) =>
    commands.registerCommand(name, async (argument: unknown, ...more: unknown[]) => {
      try {
        return await handler(argument, ...more);
      } catch (error) {
        const message = tellable(error);
        if (message === undefined) return;
        log.error(`${name}: ${message}`);
        const chosen = await window.showErrorMessage(message, 'Show Log');
        if (chosen) log.show();
      }
    }),
  );
}
