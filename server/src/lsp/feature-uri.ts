/**
 * Addresses of feature pages as virtual documents: `sonde-feature:/model/dictionary/index.md`. Names may be paths and hub
 * ids. Editors decode `%2F` when they read a URI, and take what they write then for another: so characters are spelt
 * `~2F`, of those alone that no library rewrites.
 */
import { createHash } from 'node:crypto';

export const FEATURE_SCHEME = 'sonde-feature';

export interface FeatureAddress {
  readonly model: string;
  readonly dictionary: string;
  readonly index: number;
}

export function featureUri({ model, dictionary, index }: FeatureAddress): string {
  return `${FEATURE_SCHEME}:/${spelt(model)}/${spelt(dictionary)}/${index}.md`;
}

/** Null where a URI is none. */
export function parseFeatureUri(uri: string): FeatureAddress | null {
  const match = /^sonde-feature:\/+([^/]+)\/([^/]+)\/(\d+)\.md$/.exec(uri);
  if (!match) return null;
  try {
    const [model, dictionary] = [match[1]!, match[2]!].map(read) as [string, string];
    return { model, dictionary, index: Number(match[3]) };
  } catch {
    return null;
  }
}

function spelt(name: string): string {
  const hex = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(name)
    .replace(/[!'()*~]/g, hex)
    .replaceAll('%', '~');
}

function read(name: string): string {
  return decodeURIComponent(name.replaceAll('~', '%'));
}

/** A file name for editors without virtual documents; names that a file cannot have are told apart by their digest. */
export function featureFile(address: FeatureAddress): string {
  const { model, dictionary, index } = address;
  const parts = [model, dictionary, String(index)];
  const plain = parts.map((part) => part.replace(/[^\w.-]+|^[.-]+/g, '_').slice(-60));
  const kept = plain.every((part, i) => part === parts[i]);
  const digest = createHash('sha256').update(featureUri(address)).digest('hex').slice(0, 8);
  return `${plain.join('-')}${kept ? '' : `-${digest}`}.md`;
}
