/** Copies a feature to the clipboard, with what the daemon knows of it. */
import { env, window } from 'vscode';
import { type CopyFormat, copyText } from '../copy-formats.ts';
import { type FeatureArgument, nameOf, refOf } from '../feature-ref.ts';
import type { Sonde } from '../sonde.ts';

export async function copyFeature(
  { line }: Pick<Sonde, 'line'>,
  feature: FeatureArgument,
  format: CopyFormat,
): Promise<void> {
  await env.clipboard.writeText(copyText(format === 'id' ? feature : await known(line, feature), format));
  window.setStatusBarMessage(
    `Copied ${nameOf(feature)} as ${{ id: 'id', json: 'JSON', markdown: 'Markdown' }[format]}`,
    3000,
  );
}

async function known(line: Sonde['line'], feature: FeatureArgument): Promise<Parameters<typeof copyText>[0]> {
  const { uri } = feature;
  const page = await line.ask('sonde/editor/page', { feature: refOf(feature), ...(uri === undefined ? {} : { uri }) });
  const { density, max } = page.rates;
  return { ...page.feature, model: page.model, density, max };
}
