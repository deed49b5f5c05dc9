/**
 * The room's door: a document's lines to units and problems, for the kinds of document that Sonde reads.
 * Invariants: nothing throws, whatever the text; a window costs what its lines cost; what a window gives is what the
 * whole document gives, restricted to it. Absent on purpose: files, tokenizers, and whether a model or dictionary exists.
 */
import { csvSyntax } from './csv.ts';
import { jsonlSyntax } from './jsonl.ts';
import { promptSyntax } from './prompt-file.ts';
import { txtSyntax } from './txt.ts';
import type { Syntax } from './unit.ts';

export type DocumentKind = 'prompt' | 'jsonl' | 'csv' | 'txt';

export type { Syntax } from './unit.ts';

/** The syntax of a kind of document; `field` names the text of a row in JSON and CSV, else it is guessed. */
export function syntaxOf(kind: DocumentKind, options: { readonly field?: string } = {}): Syntax {
  switch (kind) {
    case 'prompt':
      return promptSyntax();
    case 'jsonl':
      return jsonlSyntax(options.field);
    case 'csv':
      return csvSyntax(options.field);
    case 'txt':
      return txtSyntax();
  }
}
