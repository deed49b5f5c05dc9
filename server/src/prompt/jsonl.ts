/**
 * JSON Lines: a row a line. A row is an object with a text field or with `messages` of a chat, or a string.
 * A broken row is a problem at its place; no row outside the window is read but the first ones, for the guess.
 */
import { nearest } from '../core/errors.ts';
import { addString, type JsonError, type JsonMember, type JsonNode, parseJsonLine } from './json-tree.ts';
import type { Lines, Range } from './lines.ts';
import { span, textBuilder } from './source-map.ts';
import { type FieldSample, GUESS_LENGTH, GUESS_ROWS, type Guess, guessField, rememberedGuess } from './text-field.ts';
import { NO_SETTINGS, type Problem, type Syntax, type Turn, type Unit, unitOf } from './unit.ts';

/** Reads JSON Lines; `field` names the text of a row, else the first rows tell. */
export function jsonlSyntax(field?: string): Syntax {
  const guess = rememberedGuess(guessOf);
  return {
    prepare: () => true,
    parse(lines, from, to) {
      const units: Unit[] = [];
      const problems: Problem[] = [];
      for (let i = Math.max(from, 0); i <= Math.min(to, lines.count - 1); i++) {
        const row = readRow(lines, i);
        if (row === null) continue;
        if ('offset' in row) problems.push(syntaxProblem(row, i));
        else units.push(...rowUnits({ text: lines.line(i), number: i }, row, () => field ?? guess(lines), problems));
      }
      return { units, problems };
    },
  };
}

/** A line of the document and its number. */
interface Row {
  readonly text: string;
  readonly number: number;
}

/** The tree of a line, what is wrong with it, or null for a blank one. */
function readRow(lines: Lines, i: number): JsonNode | JsonError | null {
  const line = lines.line(i);
  const from = i === 0 && line.startsWith('\ufeff') ? 1 : 0;
  return line.slice(from).trim() === '' ? null : parseJsonLine(line, from);
}

function rowUnits(row: Row, root: JsonNode, field: () => string | null, problems: Problem[]): Unit[] {
  if (root.kind === 'string') return stringUnit(row, root, problems);
  if (root.kind === 'array') return chatUnit(row, root, problems);
  if (root.kind === 'scalar') {
    problems.push(fieldProblem(row, root, 'A row is an object, a string, or a list of messages.'));
    return [];
  }
  const name = field();
  if (name === null) {
    problems.push(fieldProblem(row, root, 'No field of the first rows holds text.'));
    return [];
  }
  const member = root.members.findLast(({ key }) => key === name);
  if (!member) {
    problems.push(fieldProblem(row, root, missing(name, root.members)));
    return [];
  }
  if (member.value.kind === 'string') return stringUnit(row, member.value, problems);
  if (member.value.kind === 'array') return chatUnit(row, member.value, problems);
  problems.push(fieldProblem(row, member.value, `"${name}" is ${kindOf(row, member.value)}; expected a string.`));
  return [];
}

function missing(name: string, members: readonly JsonMember[]): string {
  const texts = members.flatMap(({ key, value }) => (value.kind === 'string' ? [key] : []));
  const choice = texts.length > 0 ? ` Its text fields: ${nearest(name, texts).join(', ')}.` : ' It has no text field.';
  return `This row has no field "${name}".${choice}`;
}

function stringUnit(row: Row, node: JsonNode, problems: Problem[]): Unit[] {
  const builder = textBuilder();
  addString(builder, row.text, node, row.number);
  const mapped = builder.build({ line: row.number, character: node.start + 1 });
  if (mapped.text === '') return [];
  return [unitOf(mapped, { kind: 'row', role: null, settings: NO_SETTINGS, turns: null }, problems)];
}

/** A chat; its text is that of its turns, one a line, and what is written between them stands for the line breaks. */
function chatUnit(row: Row, node: JsonNode, problems: Problem[]): Unit[] {
  if (node.kind !== 'array') return [];
  const turns: Turn[] = [];
  const whole = textBuilder();
  for (const item of node.items) {
    const members = item.kind === 'object' ? item.members : [];
    const role = members.findLast(({ key }) => key === 'role')?.value;
    const content = members.findLast(({ key }) => key === 'content')?.value;
    if (role?.kind !== 'string' || content?.kind !== 'string') {
      problems.push(fieldProblem(row, item, 'A message is an object with a string "role" and a string "content".'));
      return [];
    }
    const previous = turns.at(-1);
    const start = { line: row.number, character: content.start + 1 };
    if (previous) whole.escape('\n', { start: previous.range.end, end: start });
    addString(whole, row.text, content, row.number);
    const builder = textBuilder();
    addString(builder, row.text, content, row.number);
    turns.push({ ...builder.build(start), role: JSON.parse(row.text.slice(role.start, role.end)) as string });
  }
  if (turns.every(({ text }) => text === '')) return [];
  const mapped = whole.build(turns[0]!.range.start);
  return [unitOf(mapped, { kind: 'row', role: null, settings: NO_SETTINGS, turns }, problems)];
}

/** The field that the first rows suggest. */
function guessOf(lines: Lines): Guess<string | null> {
  const rows: FieldSample[][] = [];
  let last = -1;
  for (let length = 0; last + 1 < lines.count && rows.length < GUESS_ROWS && length < GUESS_LENGTH; ) {
    last++;
    length += lines.line(last).length;
    const row = readRow(lines, last);
    if (row && 'kind' in row && row.kind === 'object') rows.push(row.members.flatMap(sampleOf));
  }
  return { value: guessField(rows), lastLine: last };
}

function sampleOf({ key, value }: JsonMember): FieldSample[] {
  if (value.kind === 'string') return [{ name: key, length: value.end - value.start - 2 }];
  const chat = key === 'messages' && value.kind === 'array' && value.items.every(({ kind }) => kind === 'object');
  return chat ? [{ name: key, length: 0 }] : [];
}

function kindOf(row: Row, node: JsonNode): string {
  return node.kind === 'scalar' ? row.text.slice(node.start, node.end) : `an ${node.kind}`;
}

function syntaxProblem({ offset, found, expected }: JsonError, line: number): Problem {
  const range: Range = span(line, offset, line, offset + 1);
  return { range, severity: 'error', code: 'row-syntax', message: `Not JSON: found ${found}, expected ${expected}.` };
}

function fieldProblem(row: Row, node: JsonNode, message: string): Problem {
  return { range: span(row.number, node.start, row.number, node.end), severity: 'warning', code: 'row-field', message };
}
