/** Reads ahead what a window far down a document needs, a slice a turn of the event loop, so that typing never waits. */
import { breathe } from '../core/turn.ts';
import type { Document, Documents } from './documents.ts';

/** UTF-16 units of a slice: about a millisecond. */
const SLICE = 256 * 2 ** 10;

/** The document as it is when nothing is left to do; undefined once it is closed. */
export async function prepared(documents: Documents, uri: string): Promise<Document | undefined> {
  for (;;) {
    const document = documents.get(uri);
    if (!document?.syntax || document.syntax.prepare(document.lines, SLICE)) return document;
    await breathe();
  }
}
