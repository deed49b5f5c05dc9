/**
 * What a session knows of features beyond one trace: labels (the workspace's over the dictionary's own), rates on
 * calibration text, the largest activations seen, pins. Rates come late: until then shares are of what was seen.
 */
import type { ColumnsResult, DictionaryFacts } from '../engine/columns.ts';
import type { FeatureStats } from '../engine/feature-stats.ts';
import { type DictionaryInfo, type FeatureLabel, UNMATCHED } from '../engine/results.ts';
import { type LabelMap, NO_LABELS, type WorkspaceLabels } from './labels.ts';
import type { EditorServices } from './services.ts';

/** A feature by its dictionary's name. */
export interface FeatureRef {
  readonly dictionary: string;
  readonly index: number;
}

export interface NamedFeature extends FeatureRef {
  readonly label: string | null;
  readonly labelSource: string | null;
  readonly labelScore: number | null;
}

export interface Rates {
  readonly density: number | null;
  readonly max: number | null;
  readonly dense: boolean;
  readonly bosOnly: boolean;
}

/** A feature that fires on more than this share of tokens is dense. */
export const DENSE = 0.1;

/** One dictionary of one model, resolved once for many features. */
export interface DictionaryKnowledge {
  readonly info: Pick<DictionaryInfo, 'name' | 'digest'>;
  /** Null until measured. */
  readonly stats: FeatureStats | null;
  /** Largest activation known of each feature, [d_sae] float32: of the calibration text and of what was traced. */
  readonly maxima: Float32Array;
  /** Its label; null where it has none that says something. */
  labelOf(index: number): string | null;
  /** Every feature that has a label which says something. */
  labels(): readonly { readonly index: number; readonly label: string }[];
  isPinned(index: number): boolean;
  name(index: number): NamedFeature;
  rates(index: number): Rates;
}

export interface Knowledge {
  /** Takes in what a trace shows: largest activations; asks for rates that are not there. */
  learn(trace: ColumnsResult): void;
  of(model: string, info: DictionaryInfo, shipped: DictionaryFacts['labels']): DictionaryKnowledge;
  pins(): readonly FeatureRef[];
  pin(features: readonly FeatureRef[]): void;
  labels(): WorkspaceLabels;
  setLabels(labels: WorkspaceLabels): void;
}

interface Known {
  readonly digest: string;
  stats: FeatureStats | null;
  readonly maxima: Float32Array;
  /** Of `stats`, by feature, as far as they were asked for. */
  readonly rates: Map<number, Rates>;
}

const NO_RATES: Rates = { density: null, max: null, dense: false, bosOnly: false };

export function createKnowledge(services: EditorServices): Knowledge {
  const { engine } = services;
  const known = new Map<string, Known>();
  // Runs of traces that were taken in: the memo gives the same ones again at every keystroke.
  let learned = new WeakSet<ColumnsResult['runs']>();
  let pins: readonly FeatureRef[] = [];
  let workspace = NO_LABELS;
  // By digest and name, until the labels change.
  const labelMaps = new Map<string, LabelMap>();

  function entryOf(model: string, { name, digest, d_sae }: DictionaryInfo): Known {
    const key = JSON.stringify([model, name]);
    const found = known.get(key);
    if (found?.digest === digest) return found;
    const entry: Known = { digest, stats: null, maxima: new Float32Array(d_sae), rates: new Map() };
    known.set(key, entry);
    engine.featureStats({ model, dictionary: name }).then(
      (stats) => {
        entry.stats = stats;
        for (let index = 0; index < d_sae; index++) raise(entry.maxima, index, stats.max(index));
        services.changed(['traces']);
      },
      // The next trace asks again.
      () => {
        known.delete(key);
        learned = new WeakSet();
      },
    );
    return entry;
  }

  function labelsOf(info: Pick<DictionaryInfo, 'name' | 'digest'>): LabelMap {
    const key = `${info.digest} ${info.name}`;
    const map = labelMaps.get(key) ?? workspace.of(info);
    labelMaps.set(key, map);
    return map;
  }

  return {
    learn({ model, runs, dictionaries }) {
      if (learned.has(runs)) return;
      learned.add(runs);
      for (const { tokens, dictionaries: columns } of runs) {
        for (const { name, table } of columns) {
          const { maxima } = entryOf(model.name, dictionaries.get(name)!.info);
          const { n, k, counts, indices, values } = table;
          for (let row = 0; row < n; row++) {
            if (tokens[row]!.special) continue;
            for (let j = row * k; j < row * k + counts[row]!; j++) raise(maxima, indices[j]!, values[j]!);
          }
        }
      }
    },
    of(model, info, shipped) {
      const { stats, maxima, rates } = entryOf(model, info);
      const own = labelsOf(info);
      const pinned = new Set(pins.filter(({ dictionary }) => dictionary === info.name).map(({ index }) => index));
      const entry = (index: number): Pick<FeatureLabel, 'label' | 'source' | 'score'> | null => {
        const mine = own.get(index);
        return mine === undefined ? (shipped.get(index) ?? null) : mine;
      };
      const labelOf = (index: number): string | null => {
        const label = entry(index)?.label ?? UNMATCHED;
        return label === UNMATCHED ? null : label;
      };
      return {
        info,
        stats,
        maxima,
        labelOf,
        labels: () =>
          [...new Set([...own.keys(), ...shipped.keys()])].flatMap((index) => {
            const label = labelOf(index);
            return label === null ? [] : [{ index, label }];
          }),
        isPinned: (index) => pinned.has(index),
        name(index) {
          const found = entry(index);
          return {
            dictionary: info.name,
            index,
            label: labelOf(index),
            labelSource: found?.source ?? null,
            labelScore: found?.score ?? null,
          };
        },
        rates(index) {
          if (!stats) return NO_RATES;
          const known = rates.get(index);
          if (known) return known;
          const density = stats.density(index);
          const found = { density, max: stats.max(index), dense: density > DENSE, bosOnly: stats.specialOnly(index) };
          rates.set(index, found);
          return found;
        },
      };
    },
    pins: () => pins,
    pin(features) {
      pins = features;
    },
    labels: () => workspace,
    setLabels(labels) {
      workspace = labels;
      labelMaps.clear();
    },
  };
}

function raise(maxima: Float32Array, index: number, value: number): void {
  if (value > maxima[index]!) maxima[index] = value;
}
