/** Completion in front matter: keys, models, dictionaries, hooks. */
import type { Position, Range } from '../prompt/lines.ts';
import { SETTING_KEYS, settingKey } from '../prompt/setting-keys.ts';
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

/** Lines above the place that are looked at for the front matter's beginning. */
const MAX_LINES = 64;

/** Completions at a place; none outside front matter. */
export async function completionsAt(
  session: Session,
  uri: string,
  { line, character }: Position,
): Promise<Completion[]> {
  const document = session.documents.get(uri);
  if (document?.kind !== 'prompt' || !isFrontMatter((i) => document.lines.line(i), line)) return [];
  const before = document.lines.line(line).slice(0, character);
  const whole = document.lines.line(line);
  const replace = (from: number): Range => ({
    start: { line, character: from },
    end: { line, character: whole.length },
  });
  const pair = /^\s*([\w-]+)\s*:\s*/.exec(before);
  const item = /^\s*-\s+/.exec(before);
  if (!pair && !item) {
    const typed = /^\s*/.exec(before)![0].length;
    return SETTING_KEYS.map(({ name, description, example }) => ({
      label: name,
      detail: `e.g. ${example}`,
      documentation: description,
      insert: `${name}: `,
      kind: 'key',
      range: replace(typed),
    }));
  }
  const key = settingKey(pair ? pair[1]! : keyAbove((i) => document.lines.line(i), line));
  if (!key) return [];
  const values = await valuesOf(session, key.name, uri);
  const inList = pair && before.slice(pair[0].length).startsWith('[');
  const from =
    item?.[0].length ?? (inList ? Math.max(before.lastIndexOf('['), before.lastIndexOf(',')) + 1 : pair![0].length);
  const end = inList ? character : whole.length;
  return values.map(({ value, detail }) => ({
    label: value,
    detail,
    documentation: key.description,
    insert: value,
    kind: 'value',
    range: { start: { line, character: from }, end: { line, character: end } },
  }));
}

async function valuesOf(
  { services: { engine } }: Session,
  key: (typeof SETTING_KEYS)[number]['name'],
  _uri: string,
): Promise<{ value: string; detail: string }[]> {
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

/** Whether a line lies behind an opening `---` and no line between closes it. */
function isFrontMatter(lineAt: (i: number) => string, line: number): boolean {
  for (let i = line - 1; i >= Math.max(0, line - MAX_LINES); i--) {
    const text = lineAt(i).trimEnd();
    if (text === '---') return true;
    if (!/^\s*([\w-]+\s*:.*|-\s.*|#.*)?$/.test(text)) return false;
  }
  return false;
}

/** The key that a list item belongs to. */
function keyAbove(lineAt: (i: number) => string, line: number): string {
  for (let i = line - 1; i >= Math.max(0, line - MAX_LINES); i--) {
    const key = /^\s*([\w-]+)\s*:/.exec(lineAt(i))?.[1];
    if (key !== undefined) return key;
  }
  return '';
}
