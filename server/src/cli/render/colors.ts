/** Colours that read on dark and light terminals: a background always comes with its own foreground. */
import chalk from 'chalk';

/** Stops from faint to strong, perceptually even: pale sand to deep blue-green. */
const STOPS = [
  [247, 244, 226],
  [199, 228, 190],
  [115, 195, 171],
  [43, 140, 160],
  [22, 74, 120],
] as const;

/** Text on a background whose depth says how strong it is, 0 … 1; 0 leaves the text alone. */
export function shade(text: string, strength: number): string {
  if (!(strength > 0.02)) return text;
  // Sixteen colours have no shades, and the terminal chooses them: two plain steps say less but nothing wrong.
  if (chalk.level < 2) return strength > 0.66 ? chalk.inverse(text) : strength > 0.33 ? chalk.underline(text) : text;
  const [r, g, b] = colorAt(Math.min(1, strength));
  // Rec. 709 luma decides between ink and paper.
  const dark = 0.2126 * r + 0.7152 * g + 0.0722 * b > 130;
  return chalk.bgRgb(r, g, b)(dark ? chalk.rgb(20, 24, 28)(text) : chalk.rgb(255, 255, 255)(text));
}

/** A bar of up to `width` cells in eighths, for a share 0 … 1. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, share)) * width * 8);
  const full = '█'.repeat(Math.floor(eighths / 8));
  const rest = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8]!;
  return (full + rest).padEnd(width);
}

function colorAt(strength: number): [number, number, number] {
  const place = strength * (STOPS.length - 1);
  const i = Math.min(STOPS.length - 2, Math.floor(place));
  const mix = (channel: 0 | 1 | 2): number =>
    Math.round(STOPS[i]![channel] + (STOPS[i + 1]![channel] - STOPS[i]![channel]) * (place - i));
  return [mix(0), mix(1), mix(2)];
}
