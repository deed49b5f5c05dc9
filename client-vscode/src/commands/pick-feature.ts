/** Asks which feature is meant: those of the token under the cursor first, any other by its label or id. */
import { type QuickPickItem, QuickPickItemKind, window } from 'vscode';
import type { SymbolInformation, WorkspaceSymbol } from 'vscode-languageclient';
import { plainPosition } from '../client/convert.ts';
import { type FeatureArgument, nameOf, parseAddress, parseName, sameFeature, titleOf } from '../feature-ref.ts';
import { number, quoted } from '../format.ts';
import { settled } from '../settled.ts';
import type { Sonde } from '../sonde.ts';

interface FeatureItem extends QuickPickItem {
  readonly feature?: FeatureArgument;
}

const SEARCH_MILLISECONDS = 150;

/** Undefined where the person has changed their mind. */
export async function pickFeature(sonde: Sonde, title: string): Promise<FeatureArgument | undefined> {
  const picker = window.createQuickPick<FeatureItem>();
  picker.title = title;
  picker.placeholder = 'A label, a token that it raises, or dictionary/index';
  picker.matchOnDescription = true;
  picker.busy = true;
  picker.show();
  const here = await underCursor(sonde).catch(() => []);
  picker.items = here;
  picker.busy = false;
  const search = settled(async () => {
    const query = picker.value.trim();
    picker.busy = true;
    try {
      const found = query ? await searched(sonde, query) : [];
      if (picker.value.trim() === query) picker.items = [...here, ...found];
    } finally {
      picker.busy = false;
    }
  }, SEARCH_MILLISECONDS);
  picker.onDidChangeValue(search.call);
  return new Promise((resolve) => {
    picker.onDidAccept(() => {
      resolve(picker.selectedItems[0]?.feature ?? parseName(picker.value));
      picker.hide();
    });
    picker.onDidHide(() => {
      search.dispose();
      picker.dispose();
      resolve(undefined);
    });
  });
}

async function underCursor({ line, active: { editor } }: Sonde): Promise<FeatureItem[]> {
  if (!editor) return [];
  const uri = editor.document.uri.toString();
  const position = plainPosition(editor.selection.active);
  const { token, features } = await line.ask('sonde/editor/features', { uri, position, limit: 20 });
  if (features.length === 0) return [];
  return [
    { label: token ? `Token ${quoted(token.text)}` : 'Under the cursor', kind: QuickPickItemKind.Separator },
    ...features.map((feature) => ({
      label: titleOf(feature),
      description: nameOf(feature),
      detail: `activation ${number(feature.activation)}`,
      feature: { dictionary: feature.dictionary, index: feature.index, uri },
    })),
  ];
}

/** What the server’s symbol search finds; each symbol is a feature. */
async function searched({ line, active }: Sonde, query: string): Promise<FeatureItem[]> {
  const found = await line.client?.sendRequest<(SymbolInformation | WorkspaceSymbol)[] | null>('workspace/symbol', {
    query,
  });
  const uri = active.editor?.document.uri.toString();
  const typed = parseName(query);
  const items = (found ?? []).flatMap((symbol): FeatureItem[] => {
    const feature = parseAddress(symbol.location.uri);
    // The picker filters by what was typed; the server has looked at more than the label.
    return feature
      ? [
          {
            label: symbol.name,
            description: symbol.containerName ?? nameOf(feature),
            alwaysShow: true,
            feature: { ...feature, ...(uri ? { uri } : {}) },
          },
        ]
      : [];
  });
  const listed = typed && items.some(({ feature }) => feature && sameFeature(feature, typed));
  const own =
    typed && !listed
      ? [{ label: nameOf(typed), alwaysShow: true, feature: { ...typed, ...(uri ? { uri } : {}) } }]
      : [];
  return [{ label: 'All features', kind: QuickPickItemKind.Separator }, ...own, ...items];
}
