/** What the extension and its webviews say to each other. Types and plain data only: both sides share this file. */
import type { EditorResult } from '@sonde/protocol';

export type Heat = EditorResult<'sonde/editor/heat'>;
export type Page = EditorResult<'sonde/editor/page'>;
export type Evidence = EditorResult<'sonde/editor/evidence'>;
export type Comparison = EditorResult<'sonde/editor/compare'>;
export type Example = Evidence['quantiles'][number]['examples'][number];
export type Feature = Page['feature'];
type Range = NonNullable<Example['range']>;

export interface StripState {
  readonly uri: string;
  readonly heat: Heat;
}

/** All that a page shows, whole each time: a webview that was hidden and comes back asks with `ready`. */
export interface PageState {
  readonly kind: 'page';
  readonly name: string;
  readonly page: Page | null;
  readonly evidence: Evidence | null;
  /** While evidence is gathered; `fraction` is null where unknown. */
  readonly progress: { readonly message: string; readonly fraction: number | null } | null;
  readonly failure: string | null;
}

export interface CompareState {
  readonly kind: 'compare';
  readonly comparison: Comparison | null;
  readonly uris: { readonly before: string; readonly after: string };
  readonly failure: string | null;
}

/** From a webview. */
export type Wish =
  | { readonly kind: 'ready' }
  | { readonly kind: 'reveal'; readonly uri: string; readonly range: Range }
  | { readonly kind: 'open'; readonly dictionary: string; readonly index: number }
  | { readonly kind: 'relabel'; readonly label: string | null }
  | { readonly kind: 'pin'; readonly pinned: boolean }
  | { readonly kind: 'heat' }
  | { readonly kind: 'copy'; readonly format: 'id' | 'json' | 'markdown' }
  | { readonly kind: 'search' }
  | { readonly kind: 'clear' };
