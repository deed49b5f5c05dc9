/** The exact activations of one feature over a unit, whatever else fires. */
import { throwIfCancelled } from '../core/errors.ts';
import type { Lane } from '../engine/scheduler.ts';
import type { Unit } from '../prompt/unit.ts';
import type { Document } from './documents.ts';
import type { FeatureRef } from './knowledge.ts';
import type { Session } from './session.ts';
import { columnsOf, type UnitView, viewUnit } from './unit-view.ts';

/** Features of a token that are looked through at most; MAX_TOP_K of the engine. */
const DEEP_K = 1024;

export interface FeatureOverUnit {
  readonly view: UnitView;
  /** One entry per token of the view: 0 where the feature is silent. */
  readonly activations: Float32Array;
  /** Tokens where more features fire than were looked through, and this one is not among them. */
  readonly unknown: number;
}

/** Traces a unit with the feature's dictionary alone. Null where the unit's model lacks the dictionary. */
export async function featureOver(
  session: Session,
  document: Document,
  unit: Unit,
  feature: FeatureRef,
  lane: Lane,
  signal?: AbortSignal,
): Promise<FeatureOverUnit | null> {
  throwIfCancelled(signal);
  const choice = await session.chooser.choose(unit.settings, document.uri);
  // Front matter chooses what is shown, not what a feature that was asked for may be looked up in.
  const dictionary = session.services.engine
    .dictionaries({ model: choice.model })
    .find(({ name }) => name === feature.dictionary);
  if (!dictionary) return null;
  const only = { model: choice.model, dictionaries: [dictionary] };
  const { engine } = session.services;
  const view = await viewUnit(engine, unit, only, { lane }, signal);
  session.knowledge.learn(view.trace);
  const shallow = read(view, feature.index);
  if (shallow.unknown === 0) return { view, ...shallow };
  const deep = await viewUnit(engine, unit, only, { lane, k: Math.min(DEEP_K, dictionary.d_sae) }, signal);
  return { view: deep, ...read(deep, feature.index) };
}

function read(view: UnitView, index: number): Pick<FeatureOverUnit, 'activations' | 'unknown'> {
  const activations = new Float32Array(view.tokens.length);
  let unknown = 0;
  for (const { run, column } of columnsOf(view)) {
    const { k, counts, indices, values, l0 } = column.table;
    view.tokens.forEach(({ rows }, i) => {
      const row = rows[run]!;
      const at = indices.subarray(row * k, row * k + counts[row]!).indexOf(index);
      if (at >= 0) activations[i] = values[row * k + at]!;
      else if (counts[row]! < l0[row]!) unknown++;
    });
  }
  return { activations, unknown };
}
