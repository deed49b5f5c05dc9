/** Plain text as a dataset: every line that is not blank is a row, with its spaces. */
import { textBuilder } from './source-map.ts';
import { NO_SETTINGS, type Problem, type Syntax, type Unit, unitOf } from './unit.ts';

export function txtSyntax(): Syntax {
  return {
    prepare: () => true,
    parse(lines, from, to) {
      const units: Unit[] = [];
      const problems: Problem[] = [];
      for (let i = Math.max(from, 0); i <= Math.min(to, lines.count - 1); i++) {
        const text = lines.line(i);
        const start = i === 0 && text.startsWith('\ufeff') ? 1 : 0;
        if (text.trim() === '') continue;
        const builder = textBuilder();
        builder.literal(text.slice(start), i, start);
        const mapped = builder.build({ line: i, character: start });
        units.push(unitOf(mapped, { kind: 'row', role: null, settings: NO_SETTINGS, turns: null }, problems));
      }
      return { units, problems };
    },
  };
}
