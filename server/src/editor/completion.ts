/** Completion in front matter: keys, models, dictionaries, hooks. */
import type { Position, Range } from '../prompt/lines.ts';
import { SETTING_KEYS, type SettingKey } from '../prompt/setting-keys.ts';
import { settingPlaceAt } from '../prompt/setting-place.ts';
import { dictionaryOf } from './naming.ts';
import type { Session } from './session.ts';

export interface Completion {
  readonly label: string;
  readonly detail: string;
  readonly documentation: string;
  readonly insert: string;
  readonly kind: 'key' | 'value';
  /** What it replaces. */
  readonly range: Range;
}

/** Completions at a place; none outside front matter. */
export async function completionsAt(session: Session, uri: string, position: Position): Promise<Completion[]> {
  const document = session.documents.get(uri);
  const place = document?.kind === 'prompt' ? settingPlaceAt(document.lines, position) : null;
  if (!place) return [];
  const { part, key, range, used } = place;
  if (part === 'key') {
    const written = document!.lines.line(position.line).slice(range.end.character);
    return SETTING_KEYS.filter(({ name }) => !used.includes(name)).map(({ name, description, example }) => ({
      label: name,
      detail: `e.g. ${example}`,
      documentation: description,
      insert: written.trimStart().startsWith(':') ? name : `${name}: `,
      kind: 'key',
      range,
    }));
  }
  if (!key) return [];
  return valuesOf(session, key.name).map(({ value, detail }) => ({
    label: value,
    detail,
    documentation: key.description,
    insert: value,
    kind: 'value',
    range,
  }));
}

function valuesOf(session: Session, key: SettingKey['name']): { value: string; detail: string }[] {
  const { engine } = session.services;
  const models = engine.models();
  const dictionaries = models.flatMap(({ name }) => engine.dictionaries({ model: name }));
  switch (key) {
    case 'model':
      return models.map(({ name, architecture, n_layers }) => ({
        value: name,
        detail: `${architecture}, ${n_layers} layers`,
      }));
    case 'dictionaries':
      return dictionaries.map(({ name, hook_in, d_sae }) => ({ value: name, detail: `${hook_in}, ${d_sae} features` }));
    case 'hook':
      return [...new Set(dictionaries.map(({ hook_in }) => hook_in))].map((value) => ({
        value,
        detail: 'has a dictionary',
      }));
    case 'features':
      return models.flatMap(({ name: model }) =>
        engine.dictionaries({ model }).flatMap(({ name }) => labelled(session, model, name)),
      );
    case 'layer': {
      const most = Math.max(0, ...models.map(({ n_layers }) => n_layers));
      return Array.from({ length: most }, (_, layer) => ({ value: String(layer), detail: 'block' }));
    }
    case 'chat':
      return [
        { value: 'true', detail: 'turns, rendered by the chat template' },
        { value: 'false', detail: 'plain text' },
      ];
    default:
      return [];
  }
}

/** Labels of one answer, of each dictionary. */
const MAX_LABELS = 300;

function labelled(session: Session, model: string, dictionary: string): { value: string; detail: string }[] {
  const { known } = dictionaryOf(session, model, dictionary);
  const named = known.labels().slice(0, MAX_LABELS);
  return named.map(({ index, label }) => ({ value: JSON.stringify(label), detail: `${dictionary} #${index}` }));
}
