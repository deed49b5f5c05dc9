/** `textDocument/codeAction`: what may be done with the feature of a place, and the commands that this server runs. */
import { type CodeAction, CodeActionKind, type Command } from 'vscode-languageserver';
import { featureAt } from '../editor/highlights.ts';
import type { FeatureRef } from '../editor/knowledge.ts';
import { answering } from './errors.ts';
import type { LspSession } from './lsp-session.ts';
import { signalOf } from './signal.ts';

const PIN = 'sonde.server.pin';
const UNPIN = 'sonde.server.unpin';

/** Commands that `workspace/executeCommand` takes; each has one argument, `{ dictionary, index }`. */
export const SERVER_COMMANDS = [PIN, UNPIN] as const;

export function registerCodeActions({ connection, editor, client, log }: LspSession): void {
  connection.onCodeAction(
    answering(log, 'textDocument/codeAction', async ({ textDocument: { uri }, range, context }, token) => {
      const wanted = context?.only?.some(
        (kind) => kind === '' || kind.startsWith('sonde') || kind.startsWith('quickfix'),
      );
      if (context?.only && !wanted) return [];
      const found = await featureAt(editor, uri, range.start, signalOf(token));
      if (!found) return [];
      const { dictionary, index, label, pinned } = found.feature;
      const name = label ?? `${dictionary} #${index}`;
      const action = (title: string, command: string): CodeAction => {
        const run: Command = { title, command, arguments: [{ dictionary, index, uri }] };
        return { title, kind: `${CodeActionKind.Empty}sonde`, command: run };
      };
      if (!client.commands) {
        return [pinned ? action(`Unpin feature “${name}”`, UNPIN) : action(`Pin feature “${name}”`, PIN)];
      }
      return [
        action(`Show the page of “${name}”`, 'sonde.openFeature'),
        action(`Show the heat map of “${name}”`, 'sonde.heatMap'),
        pinned ? action(`Unpin “${name}”`, 'sonde.unpinFeature') : action(`Pin “${name}”`, 'sonde.pinFeature'),
        action(`Label “${name}”…`, 'sonde.relabelFeature'),
      ];
    }),
  );
  connection.onExecuteCommand(
    answering(log, 'workspace/executeCommand', ({ command, arguments: given }) => {
      const feature = given?.[0] as FeatureRef | undefined;
      if (typeof feature?.dictionary !== 'string' || !Number.isSafeInteger(feature.index)) return null;
      const { dictionary, index } = feature;
      const others = editor.knowledge.pins().filter((pin) => pin.dictionary !== dictionary || pin.index !== index);
      if (command === PIN) editor.knowledge.pin([...others, { dictionary, index }]);
      else if (command === UNPIN) editor.knowledge.pin(others);
      else return null;
      editor.services.changed(['traces']);
      return null;
    }),
  );
}
