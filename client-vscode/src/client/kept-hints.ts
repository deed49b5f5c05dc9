/**
 * Hints while there is no server to ask: those that each document showed last stand until a connection answers again.
 * Either the client's provider gives a document's hints or the one here, never both.
 */
import {
  CancellationError,
  type Disposable,
  EventEmitter,
  InlayHint,
  languages,
  Position,
  type Range,
  type TextDocument,
  workspace,
} from 'vscode';
import { ConnectionError, type LanguageClient, type Middleware, ResponseError } from 'vscode-languageclient/node';
import { readSettings } from '../settings/settings.ts';
import { plainPosition } from './convert.ts';
import { createHintMemory, filled, type Placed } from './hint-memory.ts';

export interface KeptHints extends Disposable {
  /** Keeps what the client answers, and completes it where it comes late or not at all. */
  readonly middleware: Required<Pick<Middleware, 'provideInlayHints'>>;
  /** Gives way, from now on, to what this client provides. */
  follow(client: LanguageClient): void;
}

interface KeptHint extends Placed {
  /** What a hint leads to is asked of a server, so the words alone are kept. */
  readonly label: string;
  readonly padded: { readonly left: boolean; readonly right: boolean };
}

export function keepHints(): KeptHints {
  const memory = createHintMemory<KeptHint>();
  const changes = new EventEmitter<void>();
  /** Documents of which the answer under way lacks what is not traced yet. */
  const late = new Set<string>();
  let client: LanguageClient | undefined;

  const kept = ({ uri }: TextDocument, { start, end }: Range): KeptHint[] => [
    ...memory.on(uri.toString(), start.line, end.line),
  ];
  const subscriptions = [
    changes,
    // Documents of any kind may be annotated.
    languages.registerInlayHintsProvider('*', {
      onDidChangeInlayHints: changes.event,
      provideInlayHints(document, range) {
        if (client?.getFeature('textDocument/inlayHint').getProvider(document)) return [];
        return readSettings(document.uri).hints ? kept(document, range).map(shown) : [];
      },
    }),
    workspace.onDidChangeTextDocument(({ document, contentChanges }) =>
      memory.edited(document.uri.toString(), contentChanges),
    ),
    workspace.onDidCloseTextDocument(({ uri }) => {
      memory.forget(uri.toString());
      late.delete(uri.toString());
    }),
  ];

  return {
    middleware: {
      async provideInlayHints(document, range, token, next) {
        const { version } = document;
        const uri = document.uri.toString();
        const answer = await Promise.resolve(next(document, range, token)).catch((error: unknown) => {
          if (!isPassing(error)) throw error;
          return null;
        });
        const lacks = late.delete(uri);
        if (token.isCancellationRequested) return null;
        if (!answer) return kept(document, range).map(shown);
        // An edit meanwhile has moved what is kept; this answer is older.
        if (document.version !== version) return answer;
        const fresh = answer.map((hint) => ({ ...keptOf(hint), hint }));
        const hints: (KeptHint & { readonly hint?: InlayHint })[] = [
          ...(lacks ? filled<KeptHint>(fresh, kept(document, range)) : fresh),
        ];
        memory.show(
          uri,
          range.start.line,
          range.end.line,
          hints.map(({ hint: _, ...one }) => one),
        );
        return hints.map((one) => one.hint ?? shown(one));
      },
    },
    follow(next) {
      client = next;
      late.clear();
      next.onNotification('sonde/editor/late', ({ uri }: { uri: string }) => void late.add(uri));
      next.onDidChangeState(() => changes.fire());
    },
    dispose() {
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
}

/** Whether an error is no reason to take hints away: the line has just broken, or the request was overtaken. */
function isPassing(error: unknown): boolean {
  if (error instanceof ConnectionError || error instanceof CancellationError) return true;
  // Sonde uses none of these codes: they are the connection's own.
  return error instanceof ResponseError && error.code >= -32099 && error.code <= -32000;
}

function keptOf({ position, label, paddingLeft, paddingRight }: InlayHint): KeptHint {
  return {
    position: plainPosition(position),
    label: typeof label === 'string' ? label : label.map(({ value }) => value).join(''),
    padded: { left: paddingLeft === true, right: paddingRight === true },
  };
}

function shown({ position: { line, character }, label, padded }: KeptHint): InlayHint {
  const hint = new InlayHint(new Position(line, character), label);
  hint.paddingLeft = padded.left;
  hint.paddingRight = padded.right;
  return hint;
}
