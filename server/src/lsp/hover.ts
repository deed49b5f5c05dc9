/** `textDocument/hover`. */
import { MarkupKind } from 'vscode-languageserver';
import { hoverAt } from '../editor/hover.ts';
import { settingHover } from '../editor/setting-hover.ts';
import { answering } from './errors.ts';
import { hoverMarkdown } from './hover-markdown.ts';
import type { LspSession } from './lsp-session.ts';
import { signalOf } from './signal.ts';

export function registerHover({ connection, editor, client, log }: LspSession): void {
  connection.onHover(
    answering(log, 'textDocument/hover', async ({ textDocument: { uri }, position }, token) => {
      const setting = settingHover(editor, uri, position);
      if (setting) return { contents: { kind: MarkupKind.Markdown, value: setting.text }, range: setting.range };
      const hover = await hoverAt(editor, uri, position, signalOf(token));
      if (!hover) return null;
      const style = { commands: client.commands, virtualDocuments: client.virtualDocuments, uri };
      const contents = { kind: MarkupKind.Markdown, value: hoverMarkdown(hover, style) };
      return hover.range ? { contents, range: hover.range } : { contents };
    }),
  );
}
