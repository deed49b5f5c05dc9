/** Feature pages: one panel per feature, filled step by step, and made again after a reload of the window. */
import { type Disposable, Uri, ViewColumn, type WebviewPanel, window } from 'vscode';
import { tellable } from '../client/errors.ts';
import { copyFeature } from '../commands/copy.ts';
import { relabel } from '../commands/label.ts';
import { reveal } from '../commands/reveal.ts';
import { type FeatureArgument, featureArgument, nameOf, refOf, titleOf } from '../feature-ref.ts';
import type { Sonde } from '../sonde.ts';
import { askEvidence } from './evidence-request.ts';
import { fillWebview } from './frame.ts';
import type { PageState, Wish } from './messages.ts';

export interface FeaturePanels extends Disposable {
  open(feature: FeatureArgument): void;
}

const TYPE = 'sonde.feature';

export function featurePanels(sonde: Sonde): FeaturePanels {
  const panels = new Map<string, WebviewPanel>();
  const open = (feature: FeatureArgument): void => {
    const standing = panels.get(nameOf(feature));
    if (standing) {
      standing.reveal(undefined, false);
      return;
    }
    const column = window.activeTextEditor ? ViewColumn.Beside : ViewColumn.Active;
    adopt(window.createWebviewPanel(TYPE, nameOf(feature), column, { enableFindWidget: true }), feature);
  };
  const adopt = (panel: WebviewPanel, feature: FeatureArgument): void => {
    panels.set(nameOf(feature), panel);
    panel.iconPath = Uri.joinPath(sonde.context.extensionUri, 'media', 'icon.png');
    panel.onDidDispose(() => panels.delete(nameOf(feature)));
    fillPanel(sonde, panel, feature, open);
  };
  const serializer = window.registerWebviewPanelSerializer(TYPE, {
    async deserializeWebviewPanel(panel, state: unknown) {
      const feature = featureArgument(state);
      if (feature) adopt(panel, feature);
      else panel.dispose();
    },
  });
  return {
    open,
    dispose() {
      serializer.dispose();
      for (const panel of panels.values()) panel.dispose();
    },
  };
}

function fillPanel(
  sonde: Sonde,
  panel: WebviewPanel,
  feature: FeatureArgument,
  open: (feature: FeatureArgument) => void,
): void {
  const { line, pins, heat, context, log } = sonde;
  const about = feature.uri === undefined ? {} : { uri: feature.uri };
  let state: PageState = {
    kind: 'page',
    name: nameOf(feature),
    page: null,
    evidence: null,
    progress: null,
    failure: null,
  };
  let search: { cancel(): void } | undefined;

  const put = (part: Partial<PageState>): void => {
    state = { ...state, ...part };
    const pinned = pins.has(feature);
    const page = state.page && { ...state.page, pinned };
    if (page) panel.title = titleOf(page.feature);
    void panel.webview.postMessage({ state: { ...state, page }, keep: { ...refOf(feature), ...about } });
  };
  const failed = (error: unknown): void => {
    const failure = tellable(error);
    if (failure === undefined) return;
    log.warn(failure);
    put({ failure });
  };
  const load = async (): Promise<void> => {
    if (line.state.kind !== 'ready') return;
    try {
      const first = state.page === null;
      put({ page: await line.ask('sonde/editor/page', { ...about, feature: refOf(feature) }), failure: null });
      if (first) gather();
    } catch (error) {
      failed(error);
    }
  };
  const gather = (): void => {
    search?.cancel();
    const tell = (message: string, fraction: number | null): void => put({ progress: { message, fraction } });
    tell('Reading the workspace …', null);
    const request = askEvidence(line, { ...about, feature: refOf(feature) }, tell);
    search = request;
    request.evidence.then(
      (evidence) => put({ evidence, progress: null }),
      (error) => {
        put({ progress: null });
        failed(error);
      },
    );
  };
  const wishes = async (wish: Wish): Promise<void> => {
    switch (wish.kind) {
      case 'ready':
        put({});
        if (!state.page) await load();
        return;
      case 'reveal':
        return reveal(wish.uri, wish.range);
      case 'open':
        return open({ ...refOf(wish), ...about });
      case 'relabel':
        await relabel(sonde, feature, wish.label);
        return load();
      case 'pin':
        return pins.set(feature, wish.pinned);
      case 'heat':
        return heat.show(feature);
      case 'copy':
        return copyFeature(sonde, feature, wish.format);
      case 'search':
        return gather();
    }
  };
  const subscriptions = [
    line.onDidChange((what) => (what.includes('line') || what.includes('labels') || what.includes('models')) && load()),
    pins.onDidChange(() => put({})),
  ];
  panel.onDidDispose(() => {
    search?.cancel();
    for (const subscription of subscriptions) subscription.dispose();
  });
  fillWebview(
    panel.webview,
    { extensionUri: context.extensionUri, script: 'feature-page', title: nameOf(feature) },
    (wish) => {
      void wishes(wish).catch(failed);
    },
  );
}
