/** What can be done with one feature; each command takes it as an argument or asks for it. */
import { commands, window } from 'vscode';
import type { CopyFormat } from '../copy-formats.ts';
import { type FeatureArgument, featureArgument, nameOf, refOf } from '../feature-ref.ts';
import type { Sonde } from '../sonde.ts';
import type { FeaturePanels } from '../webviews/feature-panel.ts';
import { copyFeature } from './copy.ts';
import { relabel } from './label.ts';
import { pickFeature } from './pick-feature.ts';
import type { Handlers } from './register.ts';

export function featureCommands(sonde: Sonde, pages: FeaturePanels): Handlers {
  const { pins, heat, active } = sonde;
  const withFeature = (title: string, work: (feature: FeatureArgument) => unknown) => async (argument: unknown) => {
    const given = featureArgument(argument) ?? (await pickFeature(sonde, title));
    if (!given) return;
    const uri = given.uri ?? active.editor?.document.uri.toString();
    await work({ ...given, ...(uri === undefined ? {} : { uri }) });
  };
  const copy = (format: CopyFormat, name: string) =>
    withFeature(`Copy Feature as ${name}`, (feature) => copyFeature(sonde, feature, format));
  return {
    'sonde.openFeature': withFeature('Open Feature Page', (feature) => pages.open(feature)),
    'sonde.pinFeature': withFeature('Pin Feature', (feature) => pins.set(feature, true)),
    'sonde.unpinFeature': withFeature('Unpin Feature', (feature) => pins.set(feature, false)),
    'sonde.heatMap': withFeature('Show Heat Map of Feature', async (feature) => {
      heat.show(feature);
      await commands.executeCommand('sonde.strip.focus', { preserveFocus: true });
    }),
    'sonde.clearHeatMap': () => heat.clear(),
    'sonde.relabelFeature': withFeature('Label Feature', (feature) => askLabel(sonde, feature)),
    'sonde.copyFeature': withFeature('Copy Feature', async (feature) => {
      const formats = { Id: 'id', JSON: 'json', Markdown: 'markdown' } as const;
      const chosen = await window.showQuickPick(Object.keys(formats), { title: `Copy ${nameOf(feature)} as` });
      if (chosen) await copyFeature(sonde, feature, formats[chosen as keyof typeof formats]);
    }),
    'sonde.copyFeatureId': copy('id', 'Id'),
    'sonde.copyFeatureJson': copy('json', 'JSON'),
    'sonde.copyFeatureMarkdown': copy('markdown', 'Markdown'),
  };
}

async function askLabel(sonde: Sonde, feature: FeatureArgument): Promise<void> {
  const { uri } = feature;
  const page = await sonde.line.ask('sonde/editor/page', {
    feature: refOf(feature),
    ...(uri === undefined ? {} : { uri }),
  });
  const label = await window.showInputBox({
    title: `Label of ${nameOf(feature)}`,
    value: page.feature.label ?? '',
    prompt: 'Written to .sonde/labels.jsonl in the workspace; empty takes the label away.',
  });
  if (label !== undefined) await relabel(sonde, feature, label.trim() || null);
}
