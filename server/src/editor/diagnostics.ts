/**
 * What is wrong in a document: its syntax, and what tracing found. Texts that nobody has looked at are not traced for
 * it: their problems come when they are on screen.
 */
import type { SondeError } from '../core/errors.ts';
import type { Pieces } from '../core/turn.ts';
import { comparePositions, type Range } from '../prompt/lines.ts';
import type { Unit } from '../prompt/unit.ts';
import type { Document } from './documents.ts';
import type { Outcome } from './hints.ts';
import type { UnitView } from './unit-view.ts';
import { parsedWindows } from './units.ts';

export interface Finding {
  readonly range: Range;
  readonly severity: 'error' | 'warning' | 'information';
  readonly code: string;
  readonly message: string;
}

/** Lines around the ones on screen, and at the document's beginning, whose syntax is looked at; UTF-16 units of them. */
const MARGIN = 500;
const MARGIN_LENGTH = 64 * 2 ** 10;
/** Findings of one document. */
export const MAX_FINDINGS = 500;

/** Problems of the syntax around lines [from, to], and at the document's beginning. */
export function* syntaxFindings(document: Document, from: number, to: number): Pieces<Finding[]> {
  const found: Finding[] = [];
  const parts = [
    [0, marginFrom(document, 0, 1)],
    [marginFrom(document, from, -1), marginFrom(document, to, 1)],
  ] as const;
  for (const [first, last] of parts) {
    for (const { problems } of parsedWindows(document, first, last)) {
      found.push(...problems());
      yield;
    }
  }
  return distinct(found);
}

/** The last line of the margin that goes from a line in a direction. */
function marginFrom({ lines }: Document, line: number, step: 1 | -1): number {
  const end = Math.max(0, Math.min(lines.count - 1, line + step * MARGIN));
  let at = Math.max(0, Math.min(lines.count - 1, line));
  for (let length = 0; at !== end && length < MARGIN_LENGTH; at += step) length += lines.line(at).length;
  return at;
}

/** What traces of units found. */
export function traceFindings(document: Document, outcomes: readonly Outcome[]): Finding[] {
  const found = outcomes.flatMap((outcome) =>
    'error' in outcome ? failure(document, outcome.unit, outcome.error) : [...viewFindings(outcome.view)],
  );
  return distinct(found).slice(0, MAX_FINDINGS);
}

/** Failures that say something about the text or its settings; a cancelled or retried request says nothing. */
function failure(document: Document, unit: Unit, error: SondeError): Finding[] {
  if (error.family === 'lifecycle' || error.kind === 'queue-full') return [];
  const settings = error.kind.includes('dictionary') ? 'dictionaries' : 'model';
  const isSetting = error.family !== 'caller' || error.kind === 'unknown-model' || error.kind === 'unknown-dictionary';
  const entry = isSetting ? unit.settings.entries.find(({ key }) => key === settings) : undefined;
  const range = entry?.value ?? firstLine(document, unit.range);
  return [{ range, severity: 'error', code: error.kind, message: error.message }];
}

function* viewFindings(view: UnitView): Generator<Finding> {
  yield* view.problems;
  const { unit, trace, tokens } = view;
  const cut = trace.warnings.find((warning) => warning.includes('was cut to the context'));
  const end = tokens.at(-1)?.end ?? 0;
  if (cut !== undefined && end < unit.text.length) {
    const range = unit.locate(end, unit.text.length) ?? unit.range;
    yield { range, severity: 'warning', code: 'context-exceeded', message: `${cut} The rest is not read.` };
  }
  for (const warning of trace.warnings) {
    if (warning === cut) continue;
    const doubled = warning.includes('BOS is doubled');
    const first = tokens[0]?.range;
    const range = doubled && first ? first : lineOf(unit.range);
    yield {
      range,
      severity: doubled ? 'warning' : 'information',
      code: doubled ? 'doubled-bos' : 'trace',
      message: warning,
    };
  }
  for (const { info } of trace.dictionaries.values()) {
    if (info.fit.status !== 'misfit') continue;
    const entry = unit.settings.entries.find(({ key }) => key === 'dictionaries');
    yield {
      range: entry?.value ?? lineOf(unit.range),
      severity: 'warning',
      code: 'dictionary-misfit',
      message: `${info.name} does not fit ${info.hook_in}: ${info.fit.cause ?? 'see sonde check'}`,
    };
  }
  if (trace.dictionaries.size === 0) {
    yield {
      range: lineOf(unit.range),
      severity: 'information',
      code: 'no-dictionary',
      message: `No dictionary is attached to ${trace.model.name} for this text; name some in the settings or in front matter.`,
    };
  }
}

function firstLine(document: Document, { start, end }: Range): Range {
  const whole = { line: start.line, character: document.lines.line(start.line).length };
  return { start, end: comparePositions(end, whole) < 0 ? end : whole };
}

/** The first character of a range: a mark that does not paint a whole prompt. */
function lineOf({ start, end }: Range): Range {
  return start.line === end.line
    ? { start, end }
    : { start, end: { line: start.line, character: start.character + 1 } };
}

function distinct(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter((finding) => {
    const key = JSON.stringify(finding);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
