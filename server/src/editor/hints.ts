/**
 * Inlay hints of the lines on screen. What is ready within a moment is fresh; for the rest the last hints stand, moved
 * through the edits, and one change is told when it is ready. Typing waits for nothing.
 */
import { SondeError } from '../core/errors.ts';
import { breathe } from '../core/turn.ts';
import { isTokenList } from '../engine/results.ts';
import type { Lane } from '../engine/scheduler.ts';
import type { Position, Range } from '../prompt/lines.ts';
import type { Unit } from '../prompt/unit.ts';
import type { Document } from './documents.ts';
import { filterOf, knownColumns, strongestAt } from './features-at.ts';
import type { TokenHint } from './hint-memory.ts';
import type { DictionaryKnowledge } from './knowledge.ts';
import { prepared } from './prepare.ts';
import { documentOf, type Session, view } from './session.ts';
import type { UnitView, ViewToken } from './unit-view.ts';
import { firstUnits } from './units.ts';

export interface Hints {
  readonly hints: readonly TokenHint[];
  /** False while some are those of an older text. */
  readonly complete: boolean;
  /** What was traced, or failed to be: what diagnostics tell of. */
  readonly outcomes: readonly Outcome[];
  /** Settles when everything is traced; the outcomes of what was late. */
  readonly late: Promise<readonly Outcome[]>;
}

export type Outcome =
  | { readonly unit: Unit; readonly view: UnitView }
  | { readonly unit: Unit; readonly error: SondeError };

/** Milliseconds after which what is not ready comes later. */
export const PATIENCE = 200;
/** Units of one request; an editor that asks for a whole dataset gets its beginning. */
export const MAX_UNITS = 400;
/** Share of the maximum below which sparse hints leave a token bare. */
const SPARSE_SHARE = 0.5;

/**
 * Hints of a range of lines. The signal ends what nobody waits for any more: the caller's next request for the document.
 * `joined` is told when this request shares the work of those before it: what only they wanted may end then.
 */
export async function hintsOf(
  session: Session,
  uri: string,
  range: Range,
  signal: AbortSignal,
  joined: () => void,
): Promise<Hints> {
  const document = (await prepared(session.documents, uri)) ?? documentOf(session, uri);
  const [from, to] = [range.start.line, range.end.line];
  const { units } = firstUnits(document, range, MAX_UNITS);
  const done = new Map<Unit, Outcome>();
  const patience = pause(PATIENCE, signal);
  const work: Promise<unknown>[] = [];
  for (const unit of units) {
    await breathe();
    const one = traceOne(session, document, unit, signal).then((outcome) => done.set(unit, outcome));
    // Awaited below, which may be turns later.
    one.catch(() => undefined);
    work.push(one);
  }
  setImmediate(joined);
  const all = Promise.all(work);
  const complete = await Promise.race([all.then(() => true), patience]);
  const outcomes = [...done.values()];
  const hints: TokenHint[] = [];
  for (const unit of units) {
    await breathe();
    const outcome = done.get(unit);
    if (outcome) hints.push(...('view' in outcome ? hintsOfView(session, outcome.view) : []));
    else {
      const { start, end } = unit.range;
      hints.push(...session.hintMemory.on(uri, start.line, end.line).filter(inside(unit.range)));
    }
  }
  const visible = hints.filter(({ position: { line } }) => line >= from && line <= to);
  // An edit meanwhile has moved what was remembered; what this request found is older.
  if (session.documents.get(uri)?.version === document.version) session.hintMemory.show(uri, from, to, visible);
  const late = all.then(() => [...done.values()].slice(outcomes.length));
  late.catch(() => undefined);
  return { hints: visible, complete, outcomes, late };
}

async function traceOne(
  session: Session,
  document: Document,
  unit: Unit,
  signal: AbortSignal,
  lane: Lane = 'interactive',
): Promise<Outcome> {
  try {
    return { unit, view: await view(session, document, unit, { lane }, signal) };
  } catch (error) {
    if (error instanceof SondeError) return { unit, error };
    throw error;
  }
}

/** Texts that are traced of a document for its problems alone. */
const FIRST_UNITS = 30;

/** Traces a document's first units in the batch lane, for clients that ask for no hints. */
export async function traceFirst(session: Session, uri: string, signal: AbortSignal): Promise<Outcome[]> {
  const document = session.documents.get(uri);
  if (!document) return [];
  const outcomes: Outcome[] = [];
  for (const unit of firstUnits(document, null, FIRST_UNITS).units) {
    if (signal.aborted) break;
    outcomes.push(await traceOne(session, document, unit, signal, 'batch'));
  }
  return outcomes;
}

/** Hints of one unit, in the order of its tokens. */
export function hintsOfView(session: Session, unit: UnitView): TokenHint[] {
  const settings = session.settings();
  const columns = knownColumns(session.knowledge, unit);
  const filter = filterOf(settings);
  const threshold = unit.unit.settings.threshold ?? settings.threshold;
  const count = unit.unit.settings.top_k ?? settings.topK;
  const hints: TokenHint[] = [];
  const model = unit.trace.model.name;
  let previous = '';
  for (const token of unit.tokens) {
    if (token.range === null || token.special) continue;
    const quoted = JSON.stringify(token.text);
    const least = (known: DictionaryKnowledge, index: number): number => {
      const label = known.labelOf(index);
      if (label === null) return settings.unlabelled ? threshold : Number.POSITIVE_INFINITY;
      // Behind a token, tokens say little that is not there already.
      const silent = settings.density !== 'dense' && (isTokenList(label) || label.includes(quoted));
      return silent ? Number.POSITIVE_INFINITY : threshold;
    };
    const features = strongestAt(columns, token, filter, count, least);
    const first = features[0];
    const name = first ? `${first.index} ${first.dictionary}` : '';
    const repeats = name === previous;
    previous = name;
    if (!first || (repeats && settings.density !== 'dense' && !first.pinned)) continue;
    if (settings.density === 'sparse' && first.share < SPARSE_SHARE && !first.pinned) continue;
    hints.push({ position: placeOf(unit.unit, token, token.range), text: token.text, model, features });
  }
  return hints;
}

/** A token's end; before the line break that it ends with, since another line begins behind that. */
function placeOf(unit: Unit, { start, end }: ViewToken, range: Range): Position {
  const broken = range.end.line > range.start.line && range.end.character === 0;
  const lineBreak = broken ? unit.text.slice(0, end).indexOf('\n', start) : -1;
  return (lineBreak < 0 ? null : unit.locate(lineBreak, lineBreak))?.start ?? range.end;
}

function inside({ start, end }: Range): (hint: TokenHint) => boolean {
  return ({ position: { line, character } }) =>
    (line > start.line || character >= start.character) && (line < end.line || character <= end.character);
}

function pause(milliseconds: number, signal: AbortSignal): Promise<false> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}
