/** What parsing gives: texts that a model reads, each with its places in the source, and problems. */
import { MAX_TEXT_LENGTH } from '../core/limits.ts';
import type { Lines, Range } from './lines.ts';
import { loneSurrogate, type MappedText } from './source-map.ts';

/** A text that a model reads: a prompt, half of a pair, or a row of a dataset. */
export interface Unit extends MappedText {
  readonly kind: 'prompt' | 'row';
  /** Which half of a clean and corrupt pair; null for others. */
  readonly role: 'clean' | 'corrupt' | null;
  /** Settings of the file, overlaid by those of the prompt. */
  readonly settings: PromptSettings;
  /** Turns of a chat in order, null for plain text. Before `renderChat` the unit's text is that of its turns or lines. */
  readonly turns: readonly Turn[] | null;
  /** Whether the text is well-formed UTF-16; models read no other. */
  readonly readable: boolean;
}

/** One turn of a chat. */
export interface Turn extends MappedText {
  /** `system`, `user`, `assistant`; rows of datasets may name others. */
  readonly role: string;
}

/** Front matter as far as it is valid; `entries` tells what is written, wrong or right, in order. */
export interface PromptSettings {
  /** Id or path of the model. */
  readonly model?: string;
  /** Ids or paths of dictionaries, all of them wanted. */
  readonly dictionaries?: readonly string[];
  /** Block index, 0-based, whose dictionaries are shown. */
  readonly layer?: number;
  /** Hook whose dictionaries are shown, as it is written. */
  readonly hook?: string;
  /** Features that come first: labels, `dictionary #index` or `dictionary/index`. */
  readonly features?: readonly string[];
  /** Features per token. */
  readonly top_k?: number;
  /** Least activation of a feature that is shown. */
  readonly threshold?: number;
  /** Whether lines `system:`, `user:` and `assistant:` open turns. */
  readonly chat?: boolean;
  readonly entries: readonly SettingEntry[];
}

/** A key of front matter as it is written. */
export interface SettingEntry {
  readonly key: string;
  readonly keyRange: Range;
  /** The whole value, empty behind the colon where there is none. */
  readonly value: Range;
  /** The values one by one: those of a list, else the value itself. */
  readonly items: readonly { readonly text: string; readonly range: Range }[];
  readonly from: 'file' | 'prompt';
}

export const NO_SETTINGS: PromptSettings = { entries: [] };

/** Something wrong in a document, told at its place; it never stops the rest from working. */
export interface Problem {
  readonly range: Range;
  readonly severity: 'error' | 'warning' | 'information';
  readonly code: ProblemCode;
  readonly message: string;
}

export type ProblemCode =
  | 'lone-surrogate'
  | 'front-matter-open'
  | 'front-matter-expected'
  | 'front-matter-misplaced'
  | 'front-matter-syntax'
  | 'front-matter-key'
  | 'front-matter-value'
  | 'text-outside-turn'
  | 'pair-incomplete'
  | 'chat-text-not-found'
  | 'row-syntax'
  | 'row-field'
  | 'text-too-long';

/** What was found in a stretch of a document. */
export interface Parsed {
  readonly units: readonly Unit[];
  readonly problems: readonly Problem[];
}

/** Reads one document and its edited successors; it remembers what it learned of blocks of lines that they share. */
export interface Syntax {
  /** Units that touch the lines [from, to], in order, and their problems. */
  parse(lines: Lines, from: number, to: number): Parsed;
  /**
   * Does about `units` UTF-16 units of the work that a window far down the document needs; true when nothing is left.
   * Without it `parse` does that work at once.
   */
  prepare(lines: Lines, units: number): boolean;
}

/** A unit of a mapped text; tells a text that is not well-formed or too long. */
export function unitOf(
  mapped: MappedText,
  rest: Pick<Unit, 'kind' | 'role' | 'settings' | 'turns'>,
  problems: Problem[],
): Unit {
  const lone = loneSurrogate(mapped.text);
  if (lone >= 0) {
    problems.push({
      range: mapped.locate(lone, lone + 1) ?? mapped.range,
      severity: 'error',
      code: 'lone-surrogate',
      message: 'Half a surrogate pair: no tokenizer reads it. Write the whole character, or remove it.',
    });
  }
  if (mapped.cut) {
    problems.push({
      range: { start: mapped.range.end, end: mapped.range.end },
      severity: 'warning',
      code: 'text-too-long',
      message: `Only the first ${MAX_TEXT_LENGTH} UTF-16 units of this text are read.`,
    });
  }
  return { ...mapped, ...rest, readable: lone < 0 };
}

/** Whether two ranges share a line with [from, to]. */
export function touches(range: Range, from: number, to: number): boolean {
  return range.start.line <= to && range.end.line >= from;
}
