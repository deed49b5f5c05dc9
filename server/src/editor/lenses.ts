/** A line above each prompt: its length, what is not explained of it, and what may be done with it. */
import type { Range } from '../prompt/lines.ts';
import type { Unit } from '../prompt/unit.ts';
import { layerOf } from './choice.ts';
import type { Document } from './documents.ts';
import { summaries } from './feature-list.ts';
import { documentOf, type Session, view } from './session.ts';
import type { UnitView } from './unit-view.ts';
import { unitAt, windows } from './units.ts';

export interface Lens {
  readonly range: Range;
  /** The next prompt, to compare with; null behind the last. */
  readonly next: Range | null;
}

/** Lenses of one document; datasets have none, since a line above every row would double it. */
const MAX_LENSES = 200;

export function lensesOf(session: Session, uri: string): readonly Lens[] {
  const document = session.documents.get(uri);
  if (!document || (document.kind !== 'prompt' && document.annotated.length === 0)) return [];
  const shown = document.kind === 'prompt' ? promptsOf(document) : selectionsOf(document);
  return shown.slice(0, MAX_LENSES).map(({ range }, i) => ({ range, next: shown[i + 1]?.range ?? null }));
}

/** One more than is shown: the last one's next. */
function promptsOf(document: Document): Pick<Unit, 'range'>[] {
  const units: Unit[] = [];
  for (const window of windows(document)) {
    units.push(...window);
    if (units.length > MAX_LENSES) break;
  }
  return units;
}

function selectionsOf({ annotated }: Document): Pick<Unit, 'range'>[] {
  return annotated.map((range) => ({ range }));
}

/** What a lens says once its prompt is traced: "14 tokens · not explained 3.4 % (layer 2)"; null where there is no prompt. */
export async function lensText(
  session: Session,
  uri: string,
  { start }: Range,
  signal?: AbortSignal,
): Promise<string | null> {
  const document = documentOf(session, uri);
  const unit = unitAt(document, start);
  if (!unit?.readable) return null;
  const found = await view(session, document, unit, { lane: 'interactive' }, signal);
  return [`${found.tokens.length} tokens`, unexplained(found)].filter(Boolean).join(' · ');
}

/** The best and the worst dictionary, or the only one. */
function unexplained(found: UnitView): string {
  const measured = summaries([found]).flatMap(({ name, fvu }) => (fvu === null ? [] : [{ name, fvu }]));
  if (measured.length === 0) return '';
  measured.sort((a, b) => a.fvu - b.fvu);
  const shown = measured.length === 1 ? [measured[0]!] : [measured[0]!, measured.at(-1)!];
  const spelled = shown.map(({ name, fvu }) => `${percent(fvu)} (${placeOf(found, name)})`);
  return `not explained ${spelled.join(' to ')}`;
}

function placeOf(found: UnitView, name: string): string {
  const { info } = found.trace.dictionaries.get(name)!;
  const layer = layerOf(info);
  const same = found.choice.dictionaries.filter((entry) => layerOf(entry) === layer);
  return layer >= 0 && same.length === 1 ? `layer ${layer}` : name;
}

/** A share as people read it: "3.4 %". */
export function percent(share: number): string {
  const value = 100 * share;
  return `${value >= 99.5 || value === 0 ? value.toFixed(0) : value >= 10 ? value.toFixed(0) : value.toPrecision(2)} %`;
}
