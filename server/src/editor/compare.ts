/** Two prompts side by side: tokens aligned by their text, features gained and lost at each and in sum. */
import { SondeError } from '../core/errors.ts';
import type { Position, Range } from '../prompt/lines.ts';
import { align } from './align.ts';
import { knownColumns } from './features-at.ts';
import type { NamedFeature } from './knowledge.ts';
import { documentOf, type Session, view } from './session.ts';
import { columnsOf, type UnitView, type ViewToken } from './unit-view.ts';
import { unitAt, unitTitle } from './units.ts';

export interface Place {
  readonly uri: string;
  readonly position: Position;
}

export interface Change extends NamedFeature {
  readonly before: number;
  readonly after: number;
}

export interface Comparison {
  readonly before: { readonly title: string; readonly range: Range };
  readonly after: { readonly title: string; readonly range: Range };
  /** Summed over counted tokens. */
  readonly gained: readonly Change[];
  readonly lost: readonly Change[];
  readonly tokens: readonly {
    readonly before: Pick<ViewToken, 'text' | 'range'> | null;
    readonly after: Pick<ViewToken, 'text' | 'range'> | null;
    readonly gained: readonly Change[];
    readonly lost: readonly Change[];
  }[];
  readonly warnings: readonly string[];
}

/** Tokens of one text that are aligned; the alignment takes time and memory by their product. */
const MAX_TOKENS = 2048;

/** @throws invalid-params where no prompt is at a place, or the two are read by different models. */
export async function compareUnits(
  session: Session,
  before: Place,
  after: Place,
  limit: number,
  signal?: AbortSignal,
): Promise<Comparison> {
  const [a, b] = [await sideOf(session, before, signal), await sideOf(session, after, signal)];
  if (a.view.trace.model.digest !== b.view.trace.model.digest) {
    const names = [a, b].map((side) => side.view.trace.model.name);
    throw new SondeError(
      'invalid-params',
      `The two texts are read by ${names.join(' and ')}; compare within one model.`,
      {
        found: names,
      },
    );
  }
  const named = new Map(
    [...knownColumns(session.knowledge, a.view), ...knownColumns(session.knowledge, b.view)].map(({ known }) => [
      known.info.name,
      known,
    ]),
  );
  const changes = (from: Fires, to: Fires): { gained: Change[]; lost: Change[] } => {
    const all = [...new Set([...from.keys(), ...to.keys()])].map((key) => {
      const [index, dictionary] = split(key);
      return { ...named.get(dictionary)!.name(index), before: from.get(key) ?? 0, after: to.get(key) ?? 0 };
    });
    const by = (sign: 1 | -1): Change[] =>
      all
        .filter((change) => sign * (change.after - change.before) > 0)
        .sort((x, y) => sign * (y.after - y.before - (x.after - x.before)))
        .slice(0, limit);
    return { gained: by(1), lost: by(-1) };
  };
  const pairs = align(
    a.tokens.map(({ text }) => text),
    b.tokens.map(({ text }) => text),
  );
  return {
    before: { title: a.title, range: a.view.unit.range },
    after: { title: b.title, range: b.view.unit.range },
    ...changes(sum(a.view, a.tokens), sum(b.view, b.tokens)),
    tokens: pairs.map(([i, j]) => {
      const [x, y] = [i === null ? null : a.tokens[i]!, j === null ? null : b.tokens[j]!];
      // A token without a partner has nothing that it could have gained from.
      const difference = x && y ? changes(sum(a.view, [x]), sum(b.view, [y])) : { gained: [], lost: [] };
      return {
        before: x && { text: x.text, range: x.range },
        after: y && { text: y.text, range: y.range },
        ...difference,
      };
    }),
    warnings: [...new Set([...a.view.trace.warnings, ...b.view.trace.warnings, ...a.warnings, ...b.warnings])],
  };
}

interface Side {
  readonly title: string;
  readonly view: UnitView;
  readonly tokens: readonly ViewToken[];
  readonly warnings: readonly string[];
}

async function sideOf(session: Session, { uri, position }: Place, signal?: AbortSignal): Promise<Side> {
  const document = documentOf(session, uri);
  const unit = unitAt(document, position);
  if (!unit?.readable) {
    throw new SondeError('invalid-params', `There is no prompt or row at line ${position.line + 1} of ${uri}.`, {
      found: position,
    });
  }
  const found = await view(session, document, unit, { lane: 'interactive' }, signal);
  const tokens = found.tokens.slice(0, MAX_TOKENS);
  const cut = tokens.length < found.tokens.length ? [`Only the first ${MAX_TOKENS} tokens are compared.`] : [];
  return { title: unitTitle(document, unit), view: found, tokens, warnings: cut };
}

/** Activations by feature: `index dictionary`. */
type Fires = ReadonlyMap<string, number>;

function sum(view: UnitView, tokens: readonly ViewToken[]): Fires {
  const fires = new Map<string, number>();
  for (const { run, column } of columnsOf(view)) {
    const { k, counts, indices, values } = column.table;
    for (const { rows, special } of tokens) {
      if (special) continue;
      const row = rows[run]!;
      for (let j = row * k; j < row * k + counts[row]!; j++) {
        const key = `${indices[j]} ${column.name}`;
        fires.set(key, (fires.get(key) ?? 0) + values[j]!);
      }
    }
  }
  return fires;
}

function split(key: string): [number, string] {
  const space = key.indexOf(' ');
  return [Number(key.slice(0, space)), key.slice(space + 1)];
}
