/** `sonde/editor/…`: what the extension asks beside LSP. Parameters are checked against the protocol's schemas. */
import {
  type CheckedEditorParams,
  EDITOR_REQUESTS,
  type EditorRequestName,
  type EditorResult,
  wireError,
} from '@sonde/protocol';
import { type CancellationToken, ResponseError } from 'vscode-languageserver';
import { annotate } from '../editor/annotate.ts';
import { compareUnits } from '../editor/compare.ts';
import { evidenceOf } from '../editor/evidence.ts';
import { featuresOfLines, featuresOfToken } from '../editor/feature-list.ts';
import { heatOf } from '../editor/heat.ts';
import { describe, modelFor } from '../editor/naming.ts';
import { outlineOf } from '../editor/outline.ts';
import { pageOf } from '../editor/page.ts';
import { importLabels, relabel } from '../editor/relabel.ts';
import { statusOf } from '../editor/status.ts';
import { answering } from './errors.ts';
import type { LspSession } from './lsp-session.ts';
import { signalOf } from './signal.ts';
import { toEvidence, toFeatureList, toPage } from './to-protocol.ts';
import { toWorkspaceEdit } from './workspace-edit.ts';

type Handler<N extends EditorRequestName> = (
  params: CheckedEditorParams<N>,
  signal: AbortSignal,
  progress: (fraction: number, message: string) => void,
) => Promise<EditorResult<N>>;

type Handlers = { readonly [N in EditorRequestName]: Handler<N> };

export function registerEditorRequests(session: LspSession): void {
  const handlers = handlersOf(session);
  for (const { name, params } of EDITOR_REQUESTS) {
    const handler = handlers[name] as Handler<EditorRequestName>;
    const handle = async (given: unknown, token: CancellationToken): Promise<unknown> => {
      const { workDoneToken, ...own } = (given ?? {}) as { workDoneToken?: string | number };
      const checked = params.strict().safeParse(own);
      if (!checked.success) throw wrongParams(name, checked.error.issues[0]);
      const { window } = session.connection;
      // Without a token the reporter reports nothing.
      const reporter = window.attachWorkDoneProgress(workDoneToken);
      reporter.begin('Sonde', 0, undefined, true);
      const progress = (fraction: number, message: string): void =>
        reporter.report(Math.floor(100 * fraction), message);
      try {
        return await handler(checked.data as never, signalOf(token), progress);
      } finally {
        reporter.done();
      }
    };
    const answer = answering(session.log, name, handle);
    session.connection.onRequest(name, (given: unknown, token: CancellationToken) => answer(given, token));
  }
}

function handlersOf({ editor, client, version }: LspSession): Handlers {
  return {
    'sonde/editor/status': ({ uri }) => statusOf(editor, version, uri),
    'sonde/editor/heat': ({ uri, feature, range }, signal) => heatOf(editor, uri, feature, range ?? null, signal),
    'sonde/editor/features': async ({ uri, position, range, limit }, signal) => {
      const list = position
        ? await featuresOfToken(editor, uri, position, limit, signal)
        : await featuresOfLines(editor, uri, range ?? null, limit, signal);
      return toFeatureList(list);
    },
    'sonde/editor/units': async ({ uri, range }) => outlineOf(editor, uri, range ?? null),
    'sonde/editor/compare': ({ before, after, limit }, signal) => compareUnits(editor, before, after, limit, signal),
    'sonde/editor/annotate': async ({ uri, range, text }) => ({ ranges: annotate(editor, uri, range ?? null, text) }),
    'sonde/editor/page': async ({ uri, feature }, signal) => {
      const model = uri === undefined ? undefined : await modelFor(editor, uri).catch(() => undefined);
      return toPage(await pageOf(editor, model, feature, signal));
    },
    'sonde/editor/evidence': async ({ feature, perQuantile }, signal, progress) =>
      toEvidence(
        await evidenceOf(
          editor,
          feature,
          perQuantile,
          (fraction, texts) => progress(fraction, `${texts} texts`),
          signal,
        ),
      ),
    'sonde/editor/relabel': async ({ uri, feature, label }) => ({
      edit: toWorkspaceEdit(await relabel(editor, feature, label, uri), client) as never,
    }),
    'sonde/editor/import': async ({ uri, source, dictionary }, signal) => {
      const { edit, imported, skipped } = await importLabels(editor, source, dictionary, uri, signal);
      return { edit: toWorkspaceEdit(edit, client) as never, imported, skipped: [...skipped] };
    },
    'sonde/editor/pin': async ({ features }) => {
      editor.knowledge.pin(features);
      editor.services.changed(['traces']);
      return { features: features.map((feature) => nameOf(editor, feature)) };
    },
  };
}

function wrongParams(
  name: string,
  issue: { path: PropertyKey[]; message: string } | undefined,
): ResponseError<unknown> {
  const where = issue?.path.join('.') ?? '';
  const { code, message, data } = wireError(
    'invalid-params',
    `${name}: ${where}: ${issue?.message ?? 'not an object'}`,
  );
  return new ResponseError(code, message, data);
}

/** A pin outlives its dictionary: it is told without a label then. */
function nameOf(editor: LspSession['editor'], feature: { dictionary: string; index: number }) {
  try {
    return describe(editor, undefined, feature);
  } catch {
    return { ...feature, label: null, labelSource: null, labelScore: null };
  }
}
