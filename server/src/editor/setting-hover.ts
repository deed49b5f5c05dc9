/** What a key of front matter means. */
import type { Position, Range } from '../prompt/lines.ts';
import { settingPlaceAt } from '../prompt/setting-place.ts';
import type { Session } from './session.ts';

export function settingHover(
  { documents }: Session,
  uri: string,
  position: Position,
): { readonly text: string; readonly range: Range } | null {
  const document = documents.get(uri);
  const place = document?.kind === 'prompt' ? settingPlaceAt(document.lines, position) : null;
  if (!place?.key || place.part !== 'key') return null;
  const { description, name, example } = place.key;
  return { text: `${description}\n\nExample: \`${name}: ${example}\``, range: place.range };
}
