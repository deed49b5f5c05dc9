/** `textDocument/references`: where in the workspace the feature fires, strongest first, streamed where asked for. */
import type { Location } from 'vscode-languageserver';
import { featureAt } from '../editor/highlights.ts';
import { type Reference, referencesOf } from '../editor/references.ts';
import { answering } from './errors.ts';
import { parseFeatureUri } from './feature-uri.ts';
import type { LspSession } from './lsp-session.ts';
import { signalOf } from './signal.ts';

/** Milliseconds between two reports of progress. */
const PROGRESS = 200;

export function registerReferences({ connection, editor, log }: LspSession): void {
  connection.onReferences(
    answering(log, 'textDocument/references', async ({ textDocument: { uri }, position }, token, workDone, partial) => {
      const signal = signalOf(token);
      const feature = parseFeatureUri(uri) ?? (await featureAt(editor, uri, position, signal))?.feature;
      if (!feature) return null;
      workDone.begin('Looking for the feature in the workspace', 0, undefined, true);
      try {
        const { references, report } = await referencesOf(
          editor,
          feature,
          {
            ...(partial ? { onBatch: (batch: readonly Reference[]) => partial.report(batch.map(toLocation)) } : {}),
            onProgress: every(PROGRESS, (fraction: number, texts: number) =>
              workDone.report(Math.floor(100 * fraction), `${texts} texts`),
            ),
          },
          signal,
        );
        if (report.why.length > 0) log.warn({ why: report.why }, 'the workspace was looked at in part');
        // What was streamed is not told again.
        return partial ? [] : references.map(toLocation);
      } finally {
        workDone.done();
      }
    }),
  );
}

/** Calls on, at most once in so many milliseconds. */
function every<P extends unknown[]>(milliseconds: number, call: (...params: P) => void): (...params: P) => void {
  let last = 0;
  return (...params) => {
    if (performance.now() - last < milliseconds) return;
    last = performance.now();
    call(...params);
  };
}

function toLocation({ uri, range }: Reference): Location {
  return { uri, range };
}
