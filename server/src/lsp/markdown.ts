/** Pieces of Markdown: prompt texts and labels are untrusted, and read in terminals too. */

/**
 * Text that Markdown takes literally, behind other text or at the beginning of a line. What needs no backslash has none:
 * some editors show them.
 */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/\r?\n|\r/g, '⏎')
    .replace(
      /[\\`*[\]<~]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|&(?=#?\w+;)|^\s*[#+\-=>|]|^\s*\d+(?=[.)])/gu,
      withBackslash,
    )
    .replace(INVISIBLE, spelled);
}

/** A character with its backslash; what stands before the mark of a list stays before it, and a number's mark is its dot. */
function withBackslash(found: string): string {
  return /\d$/.test(found) ? `${found}\\` : found.replace(/\S$/, '\\$&');
}

/** Controls, and marks that turn the direction of what follows: they are spelled out. */
const INVISIBLE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

function spelled(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}

/** Code that shows a token, its spaces and breaks visible. */
export function tokenCode(text: string): string {
  const shown = text
    .replace(/\r\n|\r|\n/g, '⏎')
    .replace(/\t/g, '⇥')
    .replace(INVISIBLE, spelled);
  const ticks = '`'.repeat(1 + Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length)));
  const pad = shown.startsWith('`') || shown.endsWith('`') || /^ .* $/.test(shown) ? ' ' : '';
  return shown === '' ? '`(empty)`' : `${ticks}${pad}${shown}${pad}${ticks}`;
}

/** "3.4 %". */
export function percent(share: number): string {
  const value = 100 * share;
  if (value !== 0 && value < 0.05) return '< 0.1 %';
  return `${value >= 9.95 || value === 0 ? value.toFixed(0) : value.toFixed(1)} %`;
}

/** A number with three figures. */
export function figures(value: number): string {
  return Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

/** A command link of the extension. */
export function commandLink(title: string, command: string, argument: object): string {
  return `[${escapeMarkdown(title)}](command:${command}?${encodeURIComponent(JSON.stringify([argument]))})`;
}
