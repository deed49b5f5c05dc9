/** The *Features* tree: the token under the cursor, the pinned features, the document. */
import {
  type Disposable,
  EventEmitter,
  type TextEditor,
  ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeView,
  window,
  workspace,
} from 'vscode';
import { plainPosition, visibleLines } from '../client/convert.ts';
import type { ActiveDocument } from '../client/documents-open.ts';
import { tellable } from '../client/errors.ts';
import type { Line } from '../client/line.ts';
import { basename } from '../format.ts';
import type { Pins } from '../pins.ts';
import { settled } from '../settled.ts';
import { type FeatureLists, type FeatureNode, featureNodes } from './feature-nodes.ts';

/** Longer documents are listed by the lines on screen: asking for all of them would trace all of them. */
const WHOLE_LINES = 200;
const CURSOR_MILLISECONDS = 120;
const EDIT_MILLISECONDS = 400;

export function showFeatures(line: Line, active: ActiveDocument, pins: Pins): Disposable {
  const changed = new EventEmitter<undefined>();
  let lists: FeatureLists = { token: undefined, document: undefined, pinned: [], linesOnly: false };
  let about: string | undefined;
  let failure: string | undefined;

  const view: TreeView<FeatureNode> = window.createTreeView('sonde.features', {
    showCollapseAll: true,
    treeDataProvider: {
      onDidChangeTreeData: changed.event,
      getChildren: (node) => {
        if (node) return node.kind === 'group' ? [...node.children] : [];
        return active.editor ? featureNodes({ ...lists, pinned: pins.features }) : [];
      },
      getTreeItem: treeItem,
    },
  });
  const render = (): void => {
    view.description = active.editor ? basename(active.editor.document.uri.path) : '';
    // The editor clears the message by `undefined`, which its type does not say under exact optional properties.
    Object.assign(view, { message: messageOf(line, active) ?? failure });
    changed.fire(undefined);
  };
  /** Old lists stay until the new ones have come, but never under another document’s name. */
  const take = (editor: TextEditor, part: Partial<FeatureLists>): void => {
    if (active.editor !== editor) return;
    lists = { ...lists, ...part };
    render();
  };
  const whenWanted = (work: (editor: TextEditor) => Promise<void>) => async (): Promise<void> => {
    const editor = active.editor;
    const uri = editor?.document.uri.toString();
    if (uri !== about) {
      about = uri;
      lists = { ...lists, token: undefined, document: undefined };
      render();
    }
    if (!editor || !view.visible || line.state.kind !== 'ready') return;
    const before = failure;
    try {
      await work(editor);
      failure = undefined;
    } catch (error) {
      failure = tellable(error) ?? failure;
    }
    if (failure !== before) render();
  };
  const token = settled(
    whenWanted(async (editor) => {
      const position = plainPosition(editor.selection.active);
      take(editor, {
        token: await line.ask('sonde/editor/features', { uri: editor.document.uri.toString(), position }),
      });
    }),
    CURSOR_MILLISECONDS,
  );
  const document = settled(
    whenWanted(async (editor) => {
      const linesOnly = editor.document.lineCount > WHOLE_LINES;
      const uri = editor.document.uri.toString();
      const asked = linesOnly ? { uri, range: visibleLines(editor) } : { uri };
      take(editor, { document: await line.ask('sonde/editor/features', asked), linesOnly });
    }),
    EDIT_MILLISECONDS,
  );
  const all = (): void => {
    token.call();
    document.call();
  };
  const subscriptions: Disposable[] = [
    view,
    changed,
    token,
    document,
    view.onDidChangeVisibility(all),
    active.onDidChange(all),
    line.onDidChange(all),
    line.onDidChangeState(render),
    pins.onDidChange(() => {
      render();
      all();
    }),
    window.onDidChangeTextEditorSelection(({ textEditor }) => textEditor === active.editor && token.call()),
    window.onDidChangeTextEditorVisibleRanges(
      ({ textEditor }) =>
        textEditor === active.editor && textEditor.document.lineCount > WHOLE_LINES && document.call(),
    ),
    workspace.onDidChangeTextDocument(({ document }) => document === active.editor?.document && all()),
    workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('sonde') && all()),
  ];
  render();
  all();
  return {
    dispose() {
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
}

function messageOf({ state }: Line, { editor }: ActiveDocument): string | undefined {
  if (state.kind === 'failed') return `Not connected: ${state.failure.message}`;
  if (state.kind === 'reconnecting') return 'The connection is lost; connecting again …';
  if (state.kind === 'starting' && editor) return 'Connecting …';
  return undefined;
}

function treeItem(node: FeatureNode): TreeItem {
  // A group that begins empty would stay collapsed when its features come.
  const state = node.kind === 'group' ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.None;
  const item = new TreeItem(node.label, state);
  item.id = node.id;
  item.description = node.description;
  if (node.kind === 'group') {
    item.contextValue = 'sonde.group';
    return item;
  }
  item.tooltip = node.tooltip;
  if (node.kind === 'note') {
    item.iconPath = new ThemeIcon(node.id.endsWith(':hidden') ? 'eye-closed' : 'question');
    item.contextValue = 'sonde.note';
    item.accessibilityInformation = { label: `${node.label}, ${node.description}` };
    return item;
  }
  item.iconPath = new ThemeIcon(node.pinned ? 'pinned' : 'symbol-constant');
  item.contextValue = node.pinned ? 'sonde.feature.pinned' : 'sonde.feature';
  item.accessibilityInformation = { label: node.spoken };
  item.command = { command: 'sonde.openFeature', title: 'Open Feature Page', arguments: [node] };
  return item;
}
