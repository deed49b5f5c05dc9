/** The status bar's item: model, device, queue, and how the line to the daemon is. A click opens the menu. */
import type { EditorResult } from '@sonde/protocol';
import { type Disposable, StatusBarAlignment, ThemeColor, window } from 'vscode';
import type { ActiveDocument } from '../client/documents-open.ts';
import type { Line } from '../client/line.ts';
import { settled } from '../settled.ts';
import { statusText } from './status-text.ts';

/** While something waits, and while nothing does. */
const BUSY_MILLISECONDS = 2000;
const IDLE_MILLISECONDS = 15_000;

export function showStatus(line: Line, active: ActiveDocument): Disposable {
  const item = window.createStatusBarItem('sonde.status', StatusBarAlignment.Right, 100);
  item.name = 'Sonde';
  item.command = 'sonde.menu';
  let status: EditorResult<'sonde/editor/status'> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const render = (): void => {
    const { text, tooltip, spoken, severity } = statusText(line.state, status);
    item.text = text;
    item.tooltip = tooltip;
    item.accessibilityInformation = { label: spoken, role: 'button' };
    item.backgroundColor = severity === 'plain' ? undefined : new ThemeColor(`statusBarItem.${severity}Background`);
    item.show();
  };
  const poll = settled(async () => {
    clearTimeout(timer);
    if (line.state.kind !== 'ready') return;
    const uri = active.editor?.document.uri.toString();
    status = await line.ask('sonde/editor/status', uri === undefined ? {} : { uri });
    render();
    const busy = status.waiting.interactive + status.waiting.batch > 0;
    // Nobody reads the status bar of a window behind others.
    if (window.state.focused) timer = setTimeout(poll.call, busy ? BUSY_MILLISECONDS : IDLE_MILLISECONDS);
  }, 300);
  const subscriptions: Disposable[] = [
    item,
    poll,
    line.onDidChangeState(({ kind }) => {
      if (kind !== 'ready') status = undefined;
      render();
      poll.call();
    }),
    line.onDidChange(poll.call),
    active.onDidChange(poll.call),
    window.onDidChangeWindowState(({ focused }) => focused && poll.call()),
  ];
  render();
  poll.call();
  return {
    dispose() {
      clearTimeout(timer);
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
}
