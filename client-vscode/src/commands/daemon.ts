/** The line to the daemon: menu, log, reconnecting, the token of a daemon elsewhere. */
import { commands, window } from 'vscode';
import { daemonUrl, tokenKey } from '../settings/settings.ts';
import type { Sonde } from '../sonde.ts';
import type { Handlers } from './register.ts';

export function daemonCommands({ line, log, context }: Sonde): Handlers {
  return {
    'sonde.showLog': () => log.show(),
    'sonde.reconnect': () => line.reconnect(true),
    async 'sonde.setToken'() {
      const url = daemonUrl();
      if (!url) {
        throw new Error(
          'A token is for a daemon elsewhere: set "sonde.daemon.url" first. This machine’s own needs none.',
        );
      }
      const token = await window.showInputBox({
        title: `Token of ${url}`,
        prompt: 'Kept in the editor’s secret storage; empty removes it.',
        password: true,
        ignoreFocusOut: true,
      });
      if (token === undefined) return;
      if (token.trim()) await context.secrets.store(tokenKey(url), token.trim());
      else await context.secrets.delete(tokenKey(url));
      await line.reconnect(true);
    },
    async 'sonde.menu'() {
      const items = [
        { label: '$(symbol-class) Select Model …', command: 'sonde.selectModel' },
        { label: '$(library) Select Dictionaries …', command: 'sonde.selectDictionaries' },
        { label: '$(search) Find Feature …', command: 'sonde.openFeature' },
        { label: '$(flame) Show Heat Map of Feature …', command: 'sonde.heatMap' },
        { label: '$(diff) Compare Prompts …', command: 'sonde.comparePrompts' },
        { label: '$(rocket) Open Quickstart', command: 'sonde.openQuickstart' },
        { label: '$(sync) Reconnect', command: 'sonde.reconnect' },
        { label: '$(output) Show Log', command: 'sonde.showLog' },
        { label: '$(gear) Settings', command: 'workbench.action.openSettings', argument: '@ext:sonde.sonde-vscode' },
      ];
      const chosen = await window.showQuickPick(items, { title: 'Sonde' });
      if (chosen) await commands.executeCommand(chosen.command, ...('argument' in chosen ? [chosen.argument] : []));
    },
  };
}
