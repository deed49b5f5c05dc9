/** The comparison of two texts: one panel, made anew for each pair. */
import { type Disposable, Uri, ViewColumn, type WebviewPanel, window } from 'vscode';
import type { PlainPosition } from '../client/convert.ts';
import { reveal } from '../commands/reveal.ts';
import { refOf } from '../feature-ref.ts';
import type { Sonde } from '../sonde.ts';
import type { FeaturePanels } from './feature-panel.ts';
import { fillWebview } from './frame.ts';
import type { CompareState, Wish } from './messages.ts';

export interface Place {
  readonly uri: string;
  readonly position: PlainPosition;
}

export interface ComparePanel extends Disposable {
  open(before: Place, after: Place): void;
}

const TYPE = 'sonde.compare';

export function comparePanel({ line, context, log }: Sonde, pages: FeaturePanels): ComparePanel {
  let panel: WebviewPanel | undefined;
  let places: { readonly before: Place; readonly after: Place } | undefined;
  let state: CompareState | undefined;

  const put = (part: Partial<CompareState>): void => {
    if (!state) return;
    state = { ...state, ...part };
    if (state.comparison) panel!.title = `${state.comparison.before.title} → ${state.comparison.after.title}`;
    void panel?.webview.postMessage({ state, keep: places });
  };
  const load = async (): Promise<void> => {
    const wanted = places;
    if (!wanted || !panel || line.state.kind !== 'ready') return;
    try {
      const comparison = await line.ask('sonde/editor/compare', wanted);
      if (places === wanted) put({ comparison, failure: null });
    } catch (error) {
      log.warn(String(error));
      if (places === wanted) put({ failure: (error as Error).message });
    }
  };
  const hear = (wish: Wish): void => {
    if (wish.kind === 'ready') put({});
    else if (wish.kind === 'reveal') void reveal(wish.uri, wish.range).catch((error) => log.warn(String(error)));
    else if (wish.kind === 'open') pages.open({ ...refOf(wish), ...(places ? { uri: places.after.uri } : {}) });
  };
  const adopt = (next: WebviewPanel, before: Place, after: Place): void => {
    places = { before, after };
    state = { kind: 'compare', comparison: null, uris: { before: before.uri, after: after.uri }, failure: null };
    if (next !== panel) {
      panel = next;
      next.iconPath = Uri.joinPath(context.extensionUri, 'media', 'icon.png');
      next.onDidDispose(() => {
        if (panel === next) panel = undefined;
      });
      fillWebview(next.webview, { extensionUri: context.extensionUri, script: 'compare-page', title: 'Compare' }, hear);
    }
    put({});
    void load();
  };
  const subscriptions = [
    line.onDidChange((what) => (what.includes('line') || what.includes('labels')) && load()),
    window.registerWebviewPanelSerializer(TYPE, {
      async deserializeWebviewPanel(next, kept: unknown) {
        const { before, after } = (kept ?? {}) as Partial<Record<'before' | 'after', Place>>;
        if (before && after) adopt(next, before, after);
        else next.dispose();
      },
    }),
  ];
  return {
    open(before, after) {
      panel?.reveal(undefined, false);
      adopt(
        panel ?? window.createWebviewPanel(TYPE, 'Compare Prompts', ViewColumn.Beside, { enableFindWidget: true }),
        before,
        after,
      );
    },
    dispose() {
      for (const subscription of subscriptions) subscription.dispose();
      panel?.dispose();
    },
  };
}
