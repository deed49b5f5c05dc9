/** The card beside its model: `scorecard.json`, and labels beside each dictionary. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SondeError } from '../../core/errors.ts';
import { LABELS_FILE } from '../../dictionary/labels.ts';
import { fileSize, readText } from '../../files/file-reader.ts';
import { writeAtomically } from '../../files/file-writer.ts';
import { parseJson } from '../../formats/json.ts';
import type { ScoreCard } from './card.ts';
import type { CardResult } from './measure.ts';

export const CARD_FILE = 'scorecard.json';

/** The card of a file; null where there is none. @throws corrupt-file for a file that is no card. */
export function readCard(path: string): ScoreCard | null {
  if (fileSize(path) === null) return null;
  const card = parseJson(readText(path), path) as Partial<ScoreCard> | null;
  const complete = card && Array.isArray(card.questions) && Array.isArray(card.layers) && Array.isArray(card.baselines);
  if (complete && card.unseen && card.heldout && card.accuracy) return card as ScoreCard;
  throw new SondeError('corrupt-file', `${path} is no score card; write one with \`sonde selftest --write-labels\`.`, {
    path,
  });
}

/** Folder of the cards of other seeds, which are reported beside the shipped one. */
export const OTHER_CARDS = 'scorecards';

/** Cards of other seeds in a model's folder, by file name. @throws corrupt-file for a file that is no card. */
export function otherCards(folder: string): ScoreCard[] {
  const path = join(folder, OTHER_CARDS);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .flatMap((name) => readCard(join(path, name)) ?? []);
}

/** Writes card and labels into a model's folder. */
export function writeCard(folder: string, { card, labels }: CardResult): void {
  labels.forEach((lines, layer) => {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    writeAtomically(join(folder, 'dictionaries', `layer_${layer}`, LABELS_FILE), text);
  });
  writeAtomically(join(folder, CARD_FILE), `${JSON.stringify(card, rounded, 1)}\n`);
}

/** Six digits tell all there is, in a file that is read in differences. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}
