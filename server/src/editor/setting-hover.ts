/** What a key of front matter means. */
import type { Position, Range } from '../prompt/lines.ts';
import { settingKey } from '../prompt/setting-keys.ts';
import type { Session } from './session.ts';
import { contains, unitsIn } from './units.ts';

export function settingHover(
  { documents }: Session,
  uri: string,
  position: Position,
): { readonly text: string; readonly range: Range } | null {
  const document = documents.get(uri);
  if (document?.kind !== 'prompt') return null;
  // Front matter belongs to the units behind it.
  const { units } = unitsIn(document, position.line, position.line + 64);
  for (const { settings } of units) {
    const entry = settings.entries.find(({ keyRange }) => contains(keyRange, position));
    const key = entry && settingKey(entry.key);
    if (entry && key)
      return { text: `${key.description}\n\nExample: \`${key.name}: ${key.example}\``, range: entry.keyRange };
  }
  return null;
}
