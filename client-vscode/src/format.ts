/** How numbers and tokens are written wherever people read them. Pure; webviews share it. */

/** A token’s text as people read it: line breaks and tabs visible. */
export function quoted(text: string): string {
  return `‘${visible(text)}’`;
}

export function visible(text: string): string {
  return text.replaceAll('\n', '⏎').replaceAll('\t', '⇥');
}

/** A share as per cent: whole from ten on, one digit below, and never a rounded zero. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value === 0 || value >= 9.95 ? Math.round(value) : value >= 0.05 ? value.toFixed(1) : '<0.1'} %`;
}

/** About three significant digits, plainly. */
export function number(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return size >= 0.01 ? value.toFixed(2) : value.toPrecision(2);
}

export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** The last part of a uri’s path. */
export function basename(path: string): string {
  return path.split('/').at(-1) ?? path;
}
