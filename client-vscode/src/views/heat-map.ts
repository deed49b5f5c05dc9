/** The heat map: tokens of the lines on screen, coloured by the activation of one feature. */
import {
  commands,
  type DecorationOptions,
  type Disposable,
  type Event,
  EventEmitter,
  MarkdownString,
  OverviewRulerLane,
  type TextEditor,
  type TextEditorDecorationType,
  ThemeColor,
  window,
  workspace,
} from 'vscode';
import { editorRange, visibleLines } from '../client/convert.ts';
import type { ActiveDocument } from '../client/documents-open.ts';
import { tellable } from '../client/errors.ts';
import type { Line } from '../client/line.ts';
import { type FeatureArgument, nameOf, refOf, titleOf } from '../feature-ref.ts';
import { settled } from '../settled.ts';
import type { Heat, StripState } from '../webviews/messages.ts';
import { borderStyle, type HeatToken, RULER_STEP, STEPS, tellToken, tokensByStep } from './heat-shades.ts';

export interface HeatMap extends Disposable {
  /** What the strip shows; undefined while the heat map is off. */
  readonly strip: StripState | undefined;
  readonly onDidChange: Event<void>;
  show(feature: FeatureArgument): void;
  clear(): void;
}

const MILLISECONDS = 150;

export function heatMap(line: Line, active: ActiveDocument): HeatMap {
  const changed = new EventEmitter<void>();
  let feature: FeatureArgument | undefined;
  let shades: readonly TextEditorDecorationType[] = [];
  let strip: StripState | undefined;

  /** Whether the person has asked and not yet been answered: only then an error is worth a message. */
  let asked = false;

  const refresh = settled(async () => {
    try {
      await repaint();
      asked = false;
    } catch (error) {
      const message = tellable(error);
      if (message === undefined || !asked) return;
      asked = false;
      void window.showErrorMessage(message);
    }
  }, MILLISECONDS);
  const repaint = async (): Promise<void> => {
    const wanted = feature;
    if (!wanted || line.state.kind !== 'ready') return;
    const editors = window.visibleTextEditors.filter(({ document }) => active.isRead(document));
    for (const editor of editors) {
      const { document } = editor;
      const { version } = document;
      const heat = await line.ask('sonde/editor/heat', {
        uri: document.uri.toString(),
        feature: refOf(wanted),
        range: visibleLines(editor),
      });
      if (feature !== wanted) return;
      // The editor has moved the old colours with the text; places in an older text would be wrong, and an edit calls again.
      if (document.version !== version) continue;
      paint(editor, shades, heat);
      if (editor !== active.editor) continue;
      strip = { uri: document.uri.toString(), heat };
      changed.fire();
    }
  };
  const whileOn = (call: boolean | undefined): void => {
    if (feature && call !== false) refresh.call();
  };
  const clear = (): void => {
    for (const shade of shades) shade.dispose();
    shades = [];
    feature = undefined;
    strip = undefined;
    void commands.executeCommand('setContext', 'sonde.heat', false);
    changed.fire();
  };
  const subscriptions: Disposable[] = [
    refresh,
    changed,
    line.onDidChange(() => whileOn(true)),
    active.onDidChange(() => whileOn(true)),
    window.onDidChangeVisibleTextEditors(() => whileOn(true)),
    window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => whileOn(active.isRead(textEditor.document))),
    workspace.onDidChangeTextDocument(({ document }) => whileOn(active.isRead(document))),
  ];
  return {
    get strip() {
      return strip;
    },
    onDidChange: changed.event,
    show(next) {
      feature = next;
      asked = true;
      if (shades.length === 0) shades = Array.from({ length: STEPS }, (_, at) => shadeOf(at + 1));
      void commands.executeCommand('setContext', 'sonde.heat', true);
      changed.fire();
      refresh.call();
    },
    clear,
    dispose() {
      clear();
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
}

/** One step’s decoration. Its colours are the theme’s: borders are transparent but in high contrast. */
function shadeOf(step: number): TextEditorDecorationType {
  return window.createTextEditorDecorationType({
    backgroundColor: new ThemeColor(`sonde.heat${step}`),
    border: borderStyle(step),
    borderColor: new ThemeColor('sonde.heatBorder'),
    ...(step >= RULER_STEP
      ? { overviewRulerColor: new ThemeColor('sonde.heatRuler'), overviewRulerLane: OverviewRulerLane.Right }
      : {}),
  });
}

function paint(editor: TextEditor, shades: readonly TextEditorDecorationType[], { tokens, feature, max }: Heat): void {
  const steps = tokensByStep(tokens);
  for (const [at, shade] of shades.entries()) {
    editor.setDecorations(
      shade,
      steps[at]!.map((token) => decoration(token, `${titleOf(feature)} (${nameOf(feature)})`, max)),
    );
  }
}

function decoration(token: HeatToken, title: string, max: number): DecorationOptions {
  // Labels and tokens are anyone’s text: never Markdown.
  const hoverMessage = new MarkdownString().appendText(`${title}\n${tellToken(token, max)}`);
  return { range: editorRange(token.range!), hoverMessage };
}
