/** Features of a token, or of a document's lines, as a list to browse: strongest first, with what is not explained. */
import { mapBounded } from '../core/bounded.ts';
import { breathe } from '../core/turn.ts';
import type { Position, Range } from '../prompt/lines.ts';
import {
  type FeatureAt,
  featuresAt,
  filterOf,
  isHidden,
  knownColumns,
  type UnexplainedAt,
  unexplainedAt,
} from './features-at.ts';
import { MAX_UNITS } from './hints.ts';
import { documentOf, type Session, tokenAt, view } from './session.ts';
import { columnsOf, type UnitView, type ViewToken } from './unit-view.ts';
import { firstUnits } from './units.ts';

export interface ListedFeature extends FeatureAt {
  /** Tokens looked at on which it fires. */
  readonly tokens: number;
  /** Where it is strongest. */
  readonly range: Range | null;
}

export interface DictionarySummary {
  readonly name: string;
  readonly hook: string;
  readonly fit: string;
  /** Of the text where one text was looked at, else the mean of the texts' weighted by tokens; null without any. */
  readonly fvu: number | null;
  readonly l0: number | null;
}

export interface FeatureList {
  readonly token: (Pick<ViewToken, 'text' | 'range'> & { readonly unexplained: readonly UnexplainedAt[] }) | null;
  readonly dictionaries: readonly DictionarySummary[];
  readonly features: readonly ListedFeature[];
  /** Distinct features that the settings leave out. */
  readonly hidden: number;
  readonly truncated: boolean;
}

/** The features of the token at a place; null where there is none. */
export async function featuresOfToken(
  session: Session,
  uri: string,
  position: Position,
  limit: number,
  signal?: AbortSignal,
): Promise<FeatureList | null> {
  const found = await tokenAt(session, uri, position, signal);
  if (!found) return null;
  const { view: unit, token } = found;
  const { features, hidden } = featuresAt(knownColumns(session.knowledge, unit), token, filterOf(session.settings()));
  const listed = features.slice(0, limit).map((feature) => ({
    ...feature,
    tokens: firingTokens(unit, feature),
    range: token.range,
  }));
  return {
    token: { text: token.text, range: token.range, unexplained: unexplainedAt(unit, token) },
    dictionaries: summaries([unit]),
    features: listed,
    hidden,
    truncated: listed.length < features.length,
  };
}

/** The features of a document's lines, each at its strongest token; a long document's first units. */
export async function featuresOfLines(
  session: Session,
  uri: string,
  range: Range | null,
  limit: number,
  signal?: AbortSignal,
): Promise<FeatureList> {
  const document = documentOf(session, uri);
  const { units, more } = firstUnits(document, range, MAX_UNITS);
  const views = await mapBounded(units, 16, (unit) => view(session, document, unit, { lane: 'interactive' }, signal));
  const everything = { hideDense: false, hideBosOnly: false };
  const filter = filterOf(session.settings());
  const best = new Map<string, ListedFeature>();
  const hidden = new Set<string>();
  for (const unit of views) {
    // A large document must not hold up typing.
    await breathe();
    const columns = knownColumns(session.knowledge, unit);
    for (const token of unit.tokens) {
      if (token.special) continue;
      for (const feature of featuresAt(columns, token, everything).features) {
        const key = `${feature.index} ${feature.dictionary}`;
        if (isHidden(feature, filter)) {
          hidden.add(key);
          continue;
        }
        const known = best.get(key);
        const tokens = (known?.tokens ?? 0) + 1;
        if (known && known.activation >= feature.activation) best.set(key, { ...known, tokens });
        else best.set(key, { ...feature, tokens, range: token.range });
      }
    }
  }
  const features = [...best.values()].sort(
    (a, b) => Number(b.pinned) - Number(a.pinned) || b.share - a.share || b.tokens - a.tokens || a.index - b.index,
  );
  return {
    token: null,
    dictionaries: summaries(views),
    features: features.slice(0, limit),
    hidden: hidden.size,
    truncated: features.length > limit || more,
  };
}

/** What the dictionaries of some texts leave out of them. */
export function summaries(views: readonly UnitView[]): DictionarySummary[] {
  const sums = new Map<string, { hook: string; fit: string; fvu: number; l0: number; weight: number }>();
  for (const unit of views) {
    const counted = unit.tokens.filter(({ special }) => !special).length;
    for (const { column } of columnsOf(unit)) {
      const { info } = unit.trace.dictionaries.get(column.name)!;
      const entry = sums.get(column.name) ?? { hook: info.hook_in, fit: info.fit.status, fvu: 0, l0: 0, weight: 0 };
      sums.set(column.name, entry);
      if (column.fvu === null || column.mean_l0 === null) continue;
      entry.fvu += counted * column.fvu;
      entry.l0 += counted * column.mean_l0;
      entry.weight += counted;
    }
  }
  return [...sums].map(([name, { hook, fit, fvu, l0, weight }]) => ({
    name,
    hook,
    fit,
    fvu: weight === 0 ? null : fvu / weight,
    l0: weight === 0 ? null : l0 / weight,
  }));
}

function firingTokens(view: UnitView, { dictionary, index }: FeatureAt): number {
  let tokens = 0;
  for (const { run, column } of columnsOf(view)) {
    if (column.name !== dictionary) continue;
    const { k, counts, indices } = column.table;
    for (const { rows, special } of view.tokens) {
      const row = rows[run]!;
      if (!special && indices.subarray(row * k, row * k + counts[row]!).includes(index)) tokens++;
    }
  }
  return tokens;
}
