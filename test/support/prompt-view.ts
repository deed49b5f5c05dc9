/** What parsing found, as lines that tests compare. */
import { linesOf, type Range } from '../../server/src/prompt/lines.ts';
import { type DocumentKind, syntaxOf } from '../../server/src/prompt/syntax.ts';
import type { Parsed, Unit } from '../../server/src/prompt/unit.ts';

/** Units and problems of a whole text. */
export function parseText(kind: DocumentKind, text: string, field?: string): Parsed {
  const lines = linesOf(text);
  return syntaxOf(kind, field === undefined ? {} : { field }).parse(lines, 0, lines.count - 1);
}

/** `role "text" line:character-line:character {settings} [turns]`, without what is absent. */
export function unitLine(unit: Unit): string {
  const { entries, ...settings } = unit.settings;
  const parts = [
    unit.role,
    JSON.stringify(unit.text),
    rangeLine(unit.range),
    Object.keys(settings).length > 0 && JSON.stringify(settings),
    unit.turns?.map(({ role, text }) => `${role}: ${JSON.stringify(text)}`).join(', '),
    !unit.readable && 'unreadable',
  ];
  return parts.filter(Boolean).join(' ');
}

export function rangeLine({ start, end }: Range): string {
  return `${start.line}:${start.character}-${end.line}:${end.character}`;
}

/** Units, then problems as `code at range`. */
export function view({ units, problems }: Parsed): string[] {
  return [...units.map(unitLine), ...problems.map(({ code, range }) => `${code} at ${rangeLine(range)}`)];
}
