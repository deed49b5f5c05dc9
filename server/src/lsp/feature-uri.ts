/** Addresses of feature pages as virtual documents: `sonde-feature:/model/dictionary/index.md`. */

export const FEATURE_SCHEME = 'sonde-feature';

export interface FeatureAddress {
  readonly model: string;
  readonly dictionary: string;
  readonly index: number;
}

export function featureUri({ model, dictionary, index }: FeatureAddress): string {
  return `${FEATURE_SCHEME}:/${encodeURIComponent(model)}/${encodeURIComponent(dictionary)}/${index}.md`;
}

/** Null where a URI is none. */
export function parseFeatureUri(uri: string): FeatureAddress | null {
  const match = /^sonde-feature:\/+([^/]+)\/([^/]+)\/(\d+)\.md$/.exec(uri);
  if (!match) return null;
  try {
    const [model, dictionary] = [match[1]!, match[2]!].map(decodeURIComponent) as [string, string];
    return { model, dictionary, index: Number(match[3]) };
  } catch {
    return null;
  }
}

/** A file name for editors without virtual documents. */
export function featureFile({ model, dictionary, index }: FeatureAddress): string {
  return `${[model, dictionary, String(index)].map((part) => part.replace(/[^\w.-]+/g, '_').slice(-60)).join('-')}.md`;
}
