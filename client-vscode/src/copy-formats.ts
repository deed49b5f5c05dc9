/** A feature as text for elsewhere. Pure. */
import { type FeatureRef, idOf, type NamedFeature, refOf } from './feature-ref.ts';
import { number, percent } from './format.ts';

export type CopyFormat = 'id' | 'json' | 'markdown';

/** What is known of a feature beside its name; all of it may be missing. */
export interface Copied extends FeatureRef, Partial<Omit<NamedFeature, keyof FeatureRef>> {
  readonly model?: string;
  readonly activation?: number;
  readonly density?: number | null;
  readonly max?: number | null;
}

/** `dictionary/index`; an object of one line per field; or one line of Markdown. */
export function copyText(feature: Copied, format: CopyFormat): string {
  switch (format) {
    case 'id':
      return idOf(feature);
    case 'json':
      return JSON.stringify(jsonOf(feature), null, 2);
    case 'markdown':
      return markdownOf(feature);
  }
}

function jsonOf(feature: Copied): Record<string, unknown> {
  const { model, label, labelSource, labelScore, activation, density, max } = feature;
  const told = { model, label, labelSource, labelScore, activation, density, max };
  return { ...refOf(feature), ...Object.fromEntries(Object.entries(told).filter(([, value]) => value != null)) };
}

function markdownOf(feature: Copied): string {
  const { model, label, labelSource, activation, density, max } = feature;
  const parts = [
    `\`${idOf(feature)}\`${model === undefined ? '' : ` of ${escapeMarkdown(model)}`}`,
    ...(activation === undefined ? [] : [`activation ${number(activation)}`]),
    ...(max == null ? [] : [`max ${number(max)}`]),
    ...(density == null ? [] : [`density ${percent(density)}`]),
  ];
  const title =
    label == null
      ? ''
      : `**${escapeMarkdown(label)}**${labelSource == null ? '' : ` (${escapeMarkdown(labelSource)})`} – `;
  return title + parts.join(', ');
}

/** Text as Markdown that shows it. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>~&]/g, '\\$&').replace(/\s+/g, ' ');
}
