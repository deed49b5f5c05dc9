/** Pickers that write the settings `model` and `dictionaries`: what the daemon has, a folder, or an id. */
import type { EditorResult } from '@sonde/protocol';
import { ConfigurationTarget, type QuickPickItem, QuickPickItemKind, window, workspace } from 'vscode';
import { plural } from '../format.ts';
import { readSettings, writeSetting } from '../settings/settings.ts';
import type { Sonde } from '../sonde.ts';
import { shortName } from '../status/status-text.ts';
import type { Handlers } from './register.ts';

interface Choice extends QuickPickItem {
  readonly value?: string;
}

const FOLDER = '$(folder) Choose a folder …';
const TYPED = '$(edit) Type a path or hub id …';

export function modelCommands({ line, active }: Sonde): Handlers {
  const models = async (): Promise<EditorResult<'sonde/editor/status'>['models']> => {
    const uri = active.editor?.document.uri.toString();
    return (await line.ask('sonde/editor/status', uri === undefined ? {} : { uri })).models;
  };
  return {
    async 'sonde.selectModel'() {
      const { model } = readSettings();
      const choices: Choice[] = [
        { label: 'The daemon’s first model', description: model === '' ? 'now' : '', value: '' },
        ...(await models()).map(({ name, architecture, n_layers, dictionaries }) => ({
          label: shortName(name),
          description: name === model ? 'now' : '',
          detail: `${architecture}, ${plural(n_layers, 'layer')}, ${dictionaries.length === 1 ? '1 dictionary' : `${dictionaries.length} dictionaries`}`,
          value: name,
        })),
        { label: '', kind: QuickPickItemKind.Separator },
        { label: FOLDER },
        { label: TYPED },
      ];
      const chosen = await window.showQuickPick(choices, { title: 'Select Model', matchOnDetail: true });
      const value = chosen && (chosen.value ?? (await elsewhere(chosen.label, 'The folder of a model', model)));
      if (value !== undefined) await writeSetting('model', value, target());
    },
    async 'sonde.selectDictionaries'() {
      const { dictionaries: current } = readSettings();
      const known = (await models()).flatMap(({ dictionaries }) => dictionaries);
      const choices: Choice[] = [
        ...known.map(({ name, hook, d_sae, fit, cause }) => ({
          label: shortName(name),
          description: fit === 'misfit' ? `$(warning) ${cause}` : (cause ?? ''),
          detail: `${hook}, ${plural(d_sae, 'feature')}`,
          picked: current.includes(name),
          value: name,
        })),
        ...current
          .filter((name) => !known.some((dictionary) => dictionary.name === name))
          .map((name) => ({ label: shortName(name), detail: name, picked: true, value: name })),
        { label: '', kind: QuickPickItemKind.Separator },
        { label: FOLDER },
        { label: TYPED },
      ];
      const chosen = await window.showQuickPick(choices, {
        title: 'Select Dictionaries',
        placeHolder: 'None takes all that are attached',
        canPickMany: true,
        matchOnDetail: true,
      });
      if (!chosen) return;
      const values = [];
      for (const { value, label } of chosen)
        values.push(value ?? (await elsewhere(label, 'The folder of a dictionary', '')));
      await writeSetting(
        'dictionaries',
        values.filter((value) => value !== undefined && value !== ''),
        target(),
      );
    },
  };
}

async function elsewhere(label: string, title: string, value: string): Promise<string | undefined> {
  if (label === TYPED) return (await window.showInputBox({ title: 'Path or Hub Id', value }))?.trim();
  const folders = await window.showOpenDialog({ title, canSelectFolders: true, canSelectFiles: false });
  return folders?.[0]?.fsPath;
}

/** The workspace’s settings where there is one. */
function target(): ConfigurationTarget {
  return workspace.workspaceFolders ? ConfigurationTarget.Workspace : ConfigurationTarget.Global;
}
