/** Toggles of the *Features* view: which features the settings leave out, everywhere. */
import { ConfigurationTarget, workspace } from 'vscode';
import { writeSetting } from '../settings/settings.ts';
import type { Handlers } from './register.ts';

export function filterCommands(): Handlers {
  return {
    'sonde.hideDense': () => write('hideDense', true),
    'sonde.showDense': () => write('hideDense', false),
    'sonde.hideBosOnly': () => write('hideBosOnly', true),
    'sonde.showBosOnly': () => write('hideBosOnly', false),
  };
}

function write(key: 'hideDense' | 'hideBosOnly', hidden: boolean): Thenable<void> {
  const target = workspace.workspaceFolders ? ConfigurationTarget.Workspace : ConfigurationTarget.Global;
  return writeSetting(key, hidden, target);
}
