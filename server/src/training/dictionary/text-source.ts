/**
 * A text file as rows of tokens: JSON lines with a field `text`, or plain text with blank lines between documents.
 * Documents are cut into rows of the context's length, each with BOS where it is wanted. All ids are held in memory.
 */
import { z } from 'zod';
import { SondeError } from '../../core/errors.ts';
import { readText } from '../../files/file-reader.ts';
import { parseJsonShape } from '../../formats/json.ts';
import type { TextTokenizer } from '../../model/tokenizer/tokenizer.ts';
import type { TokenSource } from './activations.ts';

export interface TextSource {
  /** Rows to train on; begins anew at its end. */
  readonly training: TokenSource;
  /** Rows kept for measuring, from the end of the file. */
  readonly kept: readonly (readonly number[])[];
}

const lineSchema = z.looseObject({ text: z.string() });
/** Of the rows, this share is kept for measuring, and at most so many. */
const KEPT = { share: 0.05, rows: 200 } as const;

/**
 * Reads and encodes a file.
 * @throws file-not-found, too-large; corrupt-file naming the line; invalid-params for a file of fewer than two rows.
 */
export async function textSource(
  path: string,
  tokenizer: TextTokenizer,
  { context_size, prepend_bos }: { readonly context_size: number; readonly prepend_bos: boolean },
): Promise<TextSource> {
  const special = new Set<number>();
  const rows: (readonly number[])[] = [];
  const bos = prepend_bos && tokenizer.bosId !== null ? [tokenizer.bosId] : [];
  for (const id of [tokenizer.bosId, tokenizer.eosId]) if (id !== null) special.add(id);
  for (const text of documents(readText(path), path)) {
    const encoded = await tokenizer.encode(text, { bos: false });
    encoded.ids.forEach((id, i) => {
      if (encoded.special[i]) special.add(id);
    });
    const length = context_size - bos.length;
    for (let at = 0; at < encoded.ids.length; at += length) rows.push([...bos, ...encoded.ids.slice(at, at + length)]);
  }
  if (rows.length < 2) {
    throw new SondeError(
      'invalid-params',
      `${path} gives ${rows.length} rows of ${context_size} tokens; expected at least 2, one of them for measuring.`,
      { path, found: rows.length },
    );
  }
  const kept = Math.min(KEPT.rows, Math.max(1, Math.floor(rows.length * KEPT.share)));
  const training = rows.slice(0, rows.length - kept);
  return {
    training: { row: (index) => training[index % training.length]!, special },
    kept: rows.slice(rows.length - kept),
  };
}

function documents(content: string, path: string): string[] {
  if (!path.endsWith('.jsonl')) return content.split(/\n\s*\n/).filter((text) => text.trim() !== '');
  return content
    .split('\n')
    .flatMap((line, i) =>
      line.trim() === '' ? [] : [parseJsonShape(lineSchema, line, `${path}, line ${i + 1}`).text],
    );
}
