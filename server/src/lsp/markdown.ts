/** Pieces of Markdown: prompt texts and labels are untrusted, and read in terminals too. */

/** Text that Markdown takes literally. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>~&]/g, '\\$&').replace(/\r?\n|\r/g, '⏎');
}

/** Code that shows a token, its spaces and breaks visible. */
export function tokenCode(text: string): string {
  const shown = text.replace(/\r\n|\r|\n/g, '⏎').replace(/\t/g, '⇥');
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
