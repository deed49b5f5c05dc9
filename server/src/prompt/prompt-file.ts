/** `.prompt` files: several prompts with front matter, chats, and clean and corrupt pairs. docs/prompt-files.md is the grammar. */
import { overlay, readFrontMatter } from './front-matter.ts';
import { isPromptFrontMatter } from './front-matter-lines.ts';
import type { Lines } from './lines.ts';
import { type Head, headOf, type Segment, segmentsAt } from './segments.ts';
import { span } from './source-map.ts';
import { beginsWithHeading, isBlank, readStretch, type Stretch, sectionsOf } from './stretch.ts';
import {
  NO_SETTINGS,
  type Problem,
  type PromptSettings,
  type Syntax,
  type Turn,
  touches,
  type Unit,
  unitOf,
} from './unit.ts';

const PAIR = ['clean', 'corrupt'] as const;
const TURNS = ['system', 'user', 'assistant'] as const;

export function promptSyntax(): Syntax {
  return {
    prepare: () => true,
    parse(lines, from, to) {
      const problems: Problem[] = [];
      const units: Unit[] = [];
      const head = headOf(lines);
      const file = head.settings
        ? readFrontMatter(lines, head.settings.from, head.settings.to, 'file', problems)
        : NO_SETTINGS;
      tellHead(head, problems);
      let own = NO_SETTINGS;
      for (const segment of segmentsAt(lines, head, from, to)) {
        if (segment.kind === 'own') own = readFrontMatter(lines, segment.from, segment.to, 'prompt', problems);
        else {
          units.push(...promptUnits(lines, segment, overlay(file, own), problems));
          own = NO_SETTINGS;
        }
      }
      return {
        units: units.filter(({ range }) => touches(range, from, to)),
        problems: problems.filter(({ range }) => touches(range, from, to)),
      };
    },
  };
}

/** The units of a text: one, or two where it is a pair; none where it is blank. */
function promptUnits(lines: Lines, segment: Segment, settings: PromptSettings, problems: Problem[]): Unit[] {
  const stretch = textStretch(lines, segment);
  if (isBlank(lines, stretch)) return [];
  if (isPromptFrontMatter(lines, segment.from, segment.to)) {
    problems.push({
      range: span(segment.from, 0, stretch.lastLine, lines.line(stretch.lastLine).length),
      severity: 'information',
      code: 'front-matter-misplaced',
      message:
        'Read as the text of a prompt. Front matter stands between two "---" lines, at the top of the file or right ' +
        'before the prompt that it is for.',
    });
  }
  if (!beginsWithHeading(lines, stretch, PAIR)) return [promptUnit(lines, stretch, null, [], settings, problems)];

  const sections = sectionsOf(lines, stretch, PAIR).filter(({ name }) => name !== null);
  for (const name of PAIR) {
    const found = sections.filter((section) => section.name === name);
    if (found.length === 1) continue;
    const line = found[1]?.line ?? sections[0]!.line;
    problems.push({
      range: span(line, 0, line, lines.line(line).length),
      severity: 'warning',
      code: 'pair-incomplete',
      message: `A pair has one "clean:" and one "corrupt:" text; found ${found.length || 'no'} "${name}:".`,
    });
  }
  return sections.flatMap(({ name, body }) =>
    isBlank(lines, body) ? [] : [promptUnit(lines, body, name, PAIR, settings, problems)],
  );
}

function promptUnit(
  lines: Lines,
  stretch: Stretch,
  role: Unit['role'],
  outer: readonly string[],
  settings: PromptSettings,
  problems: Problem[],
): Unit {
  // The first line of a plain prompt needs an escape where a pair could begin.
  const special = settings.chat ? [...PAIR, ...TURNS] : role ? outer : PAIR;
  const mapped = readStretch(lines, stretch, special);
  const turns = settings.chat ? turnsOf(lines, stretch, special, problems) : null;
  return unitOf(mapped, { kind: 'prompt', role, settings, turns }, problems);
}

/** The turns of a chat; text before the first heading is the user's. */
function turnsOf(lines: Lines, stretch: Stretch, special: readonly string[], problems: Problem[]): Turn[] {
  const sections = sectionsOf(lines, stretch, TURNS);
  return sections.flatMap(({ name, body, line }): Turn[] => {
    const mapped = readStretch(lines, body, special);
    if (name === null && mapped.text === '') return [];
    if (name === null && sections.length > 1) {
      problems.push({
        range: span(line, 0, body.lastLine, lines.line(body.lastLine).length),
        severity: 'warning',
        code: 'text-outside-turn',
        message: 'Text before the first turn is read as the user\'s. Put "system:", "user:" or "assistant:" above it.',
      });
    }
    return [{ ...mapped, role: name ?? 'user' }];
  });
}

/** The lines of a text; the last line break of the file is not part of it. */
function textStretch(lines: Lines, { from, to, closed }: Segment): Stretch {
  const last = !closed && to - 1 > from && lines.line(to - 1) === '' ? to - 2 : to - 1;
  const bom = from === 0 && lines.line(0).startsWith('\ufeff') ? 1 : 0;
  return { start: { line: from, character: bom }, lastLine: last };
}

function tellHead({ problem, settings }: Head, problems: Problem[]): void {
  if (problem === 'none') return;
  const expected = problem === 'not closed' ? 'a line "---" behind its last setting' : '"key: value" lines';
  const rest = settings ? 'The lines behind its settings are read as prompts.' : 'What follows is read as prompts.';
  problems.push({
    range: span(0, 0, 0, 3),
    severity: 'warning',
    code: problem === 'not closed' ? 'front-matter-open' : 'front-matter-expected',
    message: `"---" on line 1 opens front matter: expected ${expected}. ${rest}`,
  });
}
