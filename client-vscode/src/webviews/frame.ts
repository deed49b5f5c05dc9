/** Puts one of the extension’s own scripts into a webview. */
import { Uri, type Webview } from 'vscode';
import type { Wish } from './messages.ts';
import { skeleton } from './skeleton.ts';

export type Script = 'feature-page' | 'compare-page' | 'strip';

/** Loads the script; `hear` gets what it wishes. The webview asks for its state with `ready`. */
export function fillWebview(
  webview: Webview,
  { extensionUri, script, title }: { readonly extensionUri: Uri; readonly script: Script; readonly title: string },
  hear: (wish: Wish) => void,
): void {
  const media = Uri.joinPath(extensionUri, 'media');
  const scripts = Uri.joinPath(extensionUri, 'dist', 'webviews');
  webview.options = { enableScripts: true, localResourceRoots: [media, scripts] };
  webview.onDidReceiveMessage((message: Wish) => hear(message));
  webview.html = skeleton({
    title,
    nonce: crypto.randomUUID().replaceAll('-', ''),
    cspSource: webview.cspSource,
    scriptUri: webview.asWebviewUri(Uri.joinPath(scripts, `${script}.js`)).toString(),
    styleUri: webview.asWebviewUri(Uri.joinPath(media, 'webview.css')).toString(),
  });
}
