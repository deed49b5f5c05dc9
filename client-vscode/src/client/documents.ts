/** Which documents Sonde reads of its own accord; others only where a person annotates them. */
import type { DocumentFilter } from 'vscode-languageclient';

/** Language of `*.prompt` files. The name `prompt` belongs to the editor itself. */
export const PROMPT_LANGUAGE = 'sonde-prompt';

/** Datasets go by their names: editors do not agree on their languages. */
const DATASETS = ['jsonl', 'csv', 'txt'];

/** What is asked of a document. */
export interface Named {
  readonly languageId: string;
  readonly uri: { readonly scheme: string; readonly path: string };
}

/** The document filters for the schemes given; the editor compares patterns with paths. */
export function documentSelector(schemes: readonly string[]): DocumentFilter[] {
  return schemes.flatMap((scheme) => [
    { scheme, language: PROMPT_LANGUAGE },
    { scheme, pattern: `**/*.{${DATASETS.join(',')}}` },
  ]);
}

/** Schemes of documents that people edit: files, new documents, and those of the folders that are open. */
export function schemesOf(folders: readonly { readonly uri: { readonly scheme: string } }[]): string[] {
  return [...new Set(['file', 'untitled', ...folders.map(({ uri }) => uri.scheme)])];
}

/** Whether {@link documentSelector} matches. */
export function isRead({ languageId, uri }: Named, schemes: readonly string[]): boolean {
  if (!schemes.includes(uri.scheme)) return false;
  return languageId === PROMPT_LANGUAGE || DATASETS.some((extension) => uri.path.endsWith(`.${extension}`));
}
