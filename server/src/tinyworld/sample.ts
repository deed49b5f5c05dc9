/**
 * Tinyworld: a synthetic language whose hidden variables are known. `generateDocument` draws one document with the
 * latents that hold over its characters and the log-probability of every choice. Text is a pure function of seed,
 * index and split.
 *
 * The choices' log-probabilities sum to that of the derivation, so their negative sum bounds −log P(text) from above;
 * the two are equal where a text has only one derivation, which is the design: every choice shows in the text.
 * Deliberately absent: tokens (a latent's value at a token is its value at the token's last character).
 */
import { writeChant } from './chants.ts';
import { writeCode } from './code.ts';
import { type Choice, createDerivation, type Derivation, type LatentSpan, type Split } from './derivation.ts';
import { writeDialogue } from './dialogue.ts';
import { writeDiary } from './diary.ts';
import type { LatentName } from './latents.ts';
import { writeLetter } from './letters.ts';
import { writeList } from './lists.ts';
import { writeMeasures } from './measures.ts';
import { createRandom, type Random } from './random.ts';
import { writeStory } from './stories.ts';
import { writeTravels } from './travels.ts';

/** The kinds of document, with the weight each is drawn with. */
export const DOCUMENT_KINDS = [
  { name: 'story', weight: 2.9, write: writeStory },
  { name: 'dialogue', weight: 1.6, write: writeDialogue },
  { name: 'list', weight: 3.2, write: writeList },
  { name: 'letter', weight: 1.7, write: writeLetter },
  { name: 'diary', weight: 1.8, write: writeDiary },
  { name: 'code', weight: 3.2, write: writeCode },
  { name: 'chant', weight: 4.5, write: writeChant },
  { name: 'travels', weight: 3.8, write: writeTravels },
  { name: 'measures', weight: 2.5, write: writeMeasures },
] as const satisfies readonly { name: string; weight: number; write: (d: Derivation) => void }[];

export type DocumentKind = (typeof DOCUMENT_KINDS)[number]['name'];

/** One document and everything the generator knows about it. */
export interface TinyworldDocument {
  readonly kind: DocumentKind;
  readonly text: string;
  /** Where which latent holds, sorted by start; UTF-16 offsets into `text`. */
  readonly spans: readonly LatentSpan[];
  /** Every choice among more than one option, in the order it was made, the document's kind first. */
  readonly choices: readonly Choice[];
  /** Sum of the choices' log-probabilities, in nats; −logProbability ≥ −log P(text). */
  readonly logProbability: number;
}

/** Draws one document; `forced` fixes choices by label and leaves every independent choice as it was. */
export function generateDocument(
  random: Random,
  split: Split,
  forced: ReadonlyMap<string, number> = new Map(),
): TinyworldDocument {
  const d = createDerivation(random, split, forced);
  const weights = DOCUMENT_KINDS.map((entry) => entry.weight);
  const kind = d.choose('kind', DOCUMENT_KINDS, weights);
  kind.write(d);
  const { text, spans, choices } = d.finish();
  const logProbability = choices.reduce((sum, choice) => sum + choice.logProbability, 0);
  return { kind: kind.name, text, spans, choices, logProbability };
}

/** Document number `index` of the corpus with this seed; the splits have streams of their own. */
export function corpusDocument(seed: number, split: Split, index: number): TinyworldDocument {
  return generateDocument(createRandom(seed, index * 2 + (split === 'heldout' ? 1 : 0)), split);
}

/** The value of a latent at a UTF-16 offset: that of the span which covers it, else 0. */
export function latentAt(document: TinyworldDocument, latent: LatentName, offset: number): number {
  const span = document.spans.find((entry) => entry.latent === latent && entry.start <= offset && offset < entry.end);
  return span?.value ?? 0;
}
