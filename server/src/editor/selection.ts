/** A selection of any document as a text of its own: read as it is written, line breaks as `\n`. */
import type { Lines, Range } from '../prompt/lines.ts';
import { textBuilder } from '../prompt/source-map.ts';
import { NO_SETTINGS, type Unit, unitOf } from '../prompt/unit.ts';

/** The unit of a range. */
export function selectionUnit(lines: Lines, { start, end }: Range): Unit {
  const builder = textBuilder();
  for (let line = start.line; line <= Math.min(end.line, lines.count - 1); line++) {
    const whole = lines.line(line);
    const from = line === start.line ? start.character : 0;
    const to = line === end.line ? end.character : whole.length;
    builder.literal(whole.slice(from, to), line, from);
    if (line < end.line && lines.eol(line) !== '') {
      builder.escape('\n', { start: { line, character: whole.length }, end: { line: line + 1, character: 0 } });
    }
  }
  return unitOf(builder.build(start), { kind: 'prompt', role: null, settings: NO_SETTINGS, turns: null }, []);
}
