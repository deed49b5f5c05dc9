/** The heat map’s strip, a view in the panel: it shows what the heat map knows of the active editor. */
import { commands, type Disposable, type WebviewView, window } from 'vscode';
import { reveal } from '../commands/reveal.ts';
import type { Sonde } from '../sonde.ts';
import { fillWebview } from '../webviews/frame.ts';

export function showStrip({ context, heat, log }: Pick<Sonde, 'context' | 'heat' | 'log'>): Disposable {
  let view: WebviewView | undefined;
  const send = (): void => {
    void view?.webview.postMessage({ state: heat.strip ?? null });
  };
  const changes = heat.onDidChange(send);
  const provider = window.registerWebviewViewProvider('sonde.strip', {
    resolveWebviewView(resolved) {
      view = resolved;
      resolved.onDidDispose(() => {
        view = undefined;
      });
      fillWebview(
        resolved.webview,
        { extensionUri: context.extensionUri, script: 'strip', title: 'Activations' },
        (wish) => {
          if (wish.kind === 'ready') send();
          else if (wish.kind === 'clear') heat.clear();
          else if (wish.kind === 'heat') void commands.executeCommand('sonde.heatMap');
          else if (wish.kind === 'reveal') {
            void reveal(wish.uri, wish.range).catch((error: Error) => log.error(error.message));
          }
        },
      );
    },
  });
  return {
    dispose() {
      changes.dispose();
      provider.dispose();
    },
  };
}
