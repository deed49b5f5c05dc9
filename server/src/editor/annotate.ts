/** Selections of any document as texts of their own. */
import type { Range } from '../prompt/lines.ts';
import { documentOf, type Session } from './session.ts';

/** Adds a selection, or with null ends all; `text` opens a document that the editor has not told of. */
export function annotate(session: Session, uri: string, range: Range | null, text: string | undefined): Range[] {
  const { documents, services } = session;
  if (!documents.get(uri) && text !== undefined) documents.open(uri, '', 0, text);
  documentOf(session, uri);
  const document = documents.annotate(uri, range);
  services.changed(['traces']);
  return [...(document?.annotated ?? [])];
}
