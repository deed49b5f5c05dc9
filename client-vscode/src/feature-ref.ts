/** Features as commands, keys and texts name them; pure, so that tests and webviews share it. */
import type { EditorParams, EditorResult } from '@sonde/protocol';

export type FeatureRef = EditorParams<'sonde/editor/page'>['feature'];
export type NamedFeature = EditorResult<'sonde/editor/pin'>['features'][number];

/** What the server's links, lenses and actions hand to commands. */
export interface FeatureArgument extends FeatureRef {
  /** The document whose model is meant. */
  readonly uri?: string;
}

/** `dictionary #index`: what a feature is called where it has no label, here as in the server's texts. */
export function nameOf({ dictionary, index }: FeatureRef): string {
  return `${dictionary} #${index}`;
}

/** `dictionary/index`: a feature in one word. */
export function idOf({ dictionary, index }: FeatureRef): string {
  return `${dictionary}/${index}`;
}

export function sameFeature(a: FeatureRef, b: FeatureRef): boolean {
  return a.dictionary === b.dictionary && a.index === b.index;
}

/** The reference alone: the daemon refuses fields that it does not know. */
export function refOf({ dictionary, index }: FeatureRef): FeatureRef {
  return { dictionary, index };
}

/** The label, or the name where there is none. */
export function titleOf(feature: FeatureRef & { readonly label: string | null }): string {
  return feature.label ?? nameOf(feature);
}

/** Reads a command's argument: links and key bindings hand over anything. Tree items carry theirs as `feature`. */
export function featureArgument(value: unknown): FeatureArgument | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if ('feature' in value) return featureArgument(value.feature);
  const { dictionary, index, uri } = value as Record<string, unknown>;
  if (typeof dictionary !== 'string' || !dictionary || !Number.isInteger(index) || (index as number) < 0)
    return undefined;
  return { dictionary, index: index as number, ...(typeof uri === 'string' ? { uri } : {}) };
}

/** Reads a feature's name or id as a person types it; the dictionary's name may hold slashes. */
export function parseName(text: string): FeatureRef | undefined {
  const [, dictionary, index] = /^(.+?)(?:\/|\s*#)(\d{1,9})$/.exec(text.trim()) ?? [];
  return dictionary === undefined ? undefined : { dictionary, index: Number(index) };
}

/** Reads the address of a feature's page, `sonde-feature:/model/dictionary/index.md`. */
export function parseAddress(uri: string): FeatureRef | undefined {
  const [, dictionary, index] = /^sonde-feature:\/+[^/]+\/([^/]+)\/(\d{1,9})\.md$/.exec(uri) ?? [];
  try {
    if (dictionary === undefined) return undefined;
    return { dictionary: decodeURIComponent(dictionary.replaceAll('~', '%')), index: Number(index) };
  } catch {
    return undefined;
  }
}
