/** The features of one token, in the order in which an editor shows them. */
import type { DictionaryColumns } from '../engine/columns.ts';
import type { DictionaryInfo } from '../engine/results.ts';
import type { DictionaryKnowledge, Knowledge, NamedFeature, Rates } from './knowledge.ts';
import type { Settings } from './settings.ts';
import { columnsOf, type UnitView, type ViewToken } from './unit-view.ts';

export interface FeatureAt extends NamedFeature {
  readonly activation: number;
  /** Of the largest activation known, this text included: 0 … 1. */
  readonly share: number;
  readonly rates: Rates;
  readonly pinned: boolean;
}

/** What one dictionary leaves out at a token. */
export interface UnexplainedAt {
  readonly dictionary: DictionaryInfo;
  /** ‖y − ŷ‖² / ‖y‖²; null where ‖y‖ = 0. */
  readonly share: number | null;
  readonly l0: number;
}

export interface Filter {
  readonly hideDense: boolean;
  readonly hideBosOnly: boolean;
}

/** A dictionary's column with what is known of it. */
export interface KnownColumn {
  readonly run: number;
  readonly column: DictionaryColumns;
  readonly known: DictionaryKnowledge;
}

/** The columns of a view; take them once for all its tokens. */
export function knownColumns(knowledge: Knowledge, view: UnitView): KnownColumn[] {
  return [...columnsOf(view)].map(({ run, column }) => {
    const { info, labels } = view.trace.dictionaries.get(column.name)!;
    const known = knowledge.of(view.trace.model.name, info, labels);
    return { run, column, known: withFeatures(known, view.unit.settings.features ?? []) };
  });
}

/** Features that the text's own front matter names are pinned in it. */
function withFeatures(known: DictionaryKnowledge, names: readonly string[]): DictionaryKnowledge {
  if (names.length === 0) return known;
  const { name } = known.info;
  const wanted = new Set(names);
  const isNamed = (index: number): boolean =>
    wanted.has(`${name} #${index}`) || wanted.has(`${name}/${index}`) || wanted.has(known.labelOf(index) ?? '');
  return { ...known, isPinned: (index) => known.isPinned(index) || isNamed(index) };
}

/**
 * Features that fire at a token: pinned ones first, then by share of maximum. `hidden` counts what the filter leaves out;
 * pinned features are never hidden.
 */
export function featuresAt(
  columns: readonly KnownColumn[],
  token: ViewToken,
  filter: Filter,
): { readonly features: readonly FeatureAt[]; readonly hidden: number } {
  const features: FeatureAt[] = [];
  let hidden = 0;
  for (const { run, column, known } of columns) {
    const { k, counts, indices, values } = column.table;
    const row = token.rows[run]!;
    for (let j = row * k; j < row * k + counts[row]!; j++) {
      const feature = featureAt(known, indices[j]!, values[j]!);
      if (isHidden(feature, filter)) hidden++;
      else features.push(feature);
    }
  }
  features.sort(byProminence);
  return { features, hidden };
}

/**
 * The first `count` features that `accepts` takes, by the order of `featuresAt`. Looks at every firing feature, and makes
 * an object of few: hints ask this of thousands of tokens.
 */
export function strongestAt(
  columns: readonly KnownColumn[],
  token: ViewToken,
  filter: Filter,
  count: number,
  least: (known: DictionaryKnowledge, index: number) => number,
): FeatureAt[] {
  const best: { known: DictionaryKnowledge; index: number; value: number; rank: number }[] = [];
  for (const { run, column, known } of columns) {
    const { k, counts, indices, values } = column.table;
    const row = token.rows[run]!;
    for (let j = row * k; j < row * k + counts[row]!; j++) {
      const index = indices[j]!;
      const share = shareOf(known, index, values[j]!);
      const pinned = known.isPinned(index);
      const rank = pinned ? 1 + share : share;
      // Most features end here: look-ups come last.
      if (best.length === count && !isBehind(best[count - 1]!, rank, index)) continue;
      if (!pinned && (share < least(known, index) || isHidden({ pinned, rates: known.rates(index) }, filter))) continue;
      let at = best.length;
      while (at > 0 && isBehind(best[at - 1]!, rank, index)) at--;
      best.splice(at, 0, { known, index, value: values[j]!, rank });
      if (best.length > count) best.pop();
    }
  }
  return best.map(({ known, index, value }) => featureAt(known, index, value));
}

/** Where ranks are equal, as all are until maxima are known, the order is that of `featuresAt` too. */
function isBehind(one: { readonly rank: number; readonly index: number }, rank: number, index: number): boolean {
  return one.rank === rank ? one.index > index : one.rank < rank;
}

/** The unexplained share and L0 at a token, by dictionary. */
export function unexplainedAt(view: UnitView, token: ViewToken): UnexplainedAt[] {
  return [...columnsOf(view)].map(({ run, column: { name, table } }) => {
    const row = token.rows[run]!;
    const total = table.target_sq[row]!;
    return {
      dictionary: view.trace.dictionaries.get(name)!.info,
      share: total > 0 ? table.error_sq[row]! / total : null,
      l0: table.l0[row]!,
    };
  });
}

/** The feature that a place means: pinned where one fires, else the strongest labelled, else the strongest. */
export function featureOf(features: readonly FeatureAt[]): FeatureAt | null {
  return features.find(({ pinned }) => pinned) ?? features.find(({ label }) => label !== null) ?? features[0] ?? null;
}

export function filterOf({ hideDense, hideBosOnly }: Settings): Filter {
  return { hideDense, hideBosOnly };
}

export function isHidden({ pinned, rates }: Pick<FeatureAt, 'pinned' | 'rates'>, filter: Filter): boolean {
  return !pinned && ((filter.hideDense && rates.dense) || (filter.hideBosOnly && rates.bosOnly));
}

/** A feature with what is known of it. */
export function featureAt(known: DictionaryKnowledge, index: number, activation: number): FeatureAt {
  // Field by field: hints make thousands, and a spread costs several times as much.
  const { dictionary, label, labelSource, labelScore } = known.name(index);
  const share = shareOf(known, index, activation);
  const pinned = known.isPinned(index);
  return { dictionary, index, label, labelSource, labelScore, activation, share, rates: known.rates(index), pinned };
}

function shareOf({ maxima }: DictionaryKnowledge, index: number, activation: number): number {
  if (!(activation > 0)) return 0;
  return activation / Math.max(maxima[index]!, activation);
}

function byProminence(a: FeatureAt, b: FeatureAt): number {
  return Number(b.pinned) - Number(a.pinned) || b.share - a.share || a.index - b.index;
}
