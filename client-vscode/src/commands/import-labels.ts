/** *Import Neuronpedia Labels*: a file of explanations becomes labels of the workspace. */
import { window } from 'vscode';
import { plural } from '../format.ts';
import type { Sonde } from '../sonde.ts';
import { shortName } from '../status/status-text.ts';
import { applyEdit } from './label.ts';
import type { Handlers } from './register.ts';

export function importCommands({ line, active, log }: Sonde): Handlers {
  return {
    async 'sonde.importLabels'() {
      const files = await window.showOpenDialog({
        title: 'Neuronpedia Explanations',
        filters: { Explanations: ['jsonl', 'gz', 'json'] },
      });
      const source = files?.[0];
      if (!source) return;
      const dictionary = await pickDictionary();
      if (!dictionary) return;
      const uri = active.editor?.document.uri.toString();
      const { edit, imported, skipped } = await line.ask('sonde/editor/import', {
        source: source.toString(),
        dictionary,
        ...(uri === undefined ? {} : { uri }),
      });
      for (const reason of skipped) log.warn(`import: ${reason}`);
      if (imported > 0 && !(await applyEdit({ line }, edit))) throw new Error('The labels could not be written.');
      const left = skipped.length > 0 ? `; ${plural(skipped.length, 'line')} left out: ${skipped[0]}` : '';
      await window.showInformationMessage(`Imported ${plural(imported, 'label')} for ${shortName(dictionary)}${left}.`);
    },
  };

  async function pickDictionary(): Promise<string | undefined> {
    const { models } = await line.ask('sonde/editor/status', {});
    const choices = models.flatMap(({ name: model, dictionaries }) =>
      dictionaries.map(({ name, hook }) => ({
        label: shortName(name),
        description: shortName(model),
        detail: hook,
        name,
      })),
    );
    if (choices.length === 0)
      throw new Error('No dictionary is attached that labels could be for; open a prompt first.');
    return (await window.showQuickPick(choices, { title: 'Labels of Which Dictionary?', matchOnDetail: true }))?.name;
  }
}
