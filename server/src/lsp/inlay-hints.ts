/** `textDocument/inlayHint`, and the tooltip of one when it is pointed at. */
import { editorLate } from '@sonde/protocol';
import { type InlayHint, type InlayHintLabelPart, type Location, MarkupKind } from 'vscode-languageserver';
import { mapInTurns } from '../core/turn.ts';
import type { FeatureAt } from '../editor/features-at.ts';
import type { TokenHint } from '../editor/hint-memory.ts';
import { hintsOf } from '../editor/hints.ts';
import { featureWith } from '../editor/naming.ts';
import { answering } from './errors.ts';
import { type FeatureAddress, featureUri } from './feature-uri.ts';
import type { LspSession } from './lsp-session.ts';
import { escapeMarkdown, figures, percent } from './markdown.ts';
import { pageLocation } from './page-location.ts';
import { requestAbort } from './signal.ts';

/** Characters of a hint; the rest is in the tooltip. */
const LONGEST = 24;

/** A request for the hints of lines [from, to]; two editors, or one with folded lines, ask for several at once. */
interface Running {
  readonly from: number;
  readonly to: number;
  readonly abort: AbortController;
}

interface HintData {
  readonly model: string;
  readonly features: readonly (Omit<FeatureAddress, 'model'> & { readonly activation: number })[];
}

export function registerInlayHints(session: LspSession): void {
  const { connection, client, editor, log, diagnostics, ended } = session;
  // Requests by document: what one still waits for ends when a newer one for some of its lines has begun its own.
  const running = new Map<string, readonly Running[]>();
  ended.addEventListener('abort', () => {
    for (const { abort } of [...running.values()].flat()) abort.abort();
  });

  connection.languages.inlayHint.on(
    answering(log, 'textDocument/inlayHint', async ({ textDocument: { uri }, range }) => {
      if (!editor.settings().hints || !editor.documents.get(uri)) return [];
      const abort = requestAbort();
      const mine: Running = { from: range.start.line, to: range.end.line, abort };
      const before = (running.get(uri) ?? []).filter(({ from, to }) => from <= mine.to && mine.from <= to);
      running.set(uri, [...(running.get(uri) ?? []).filter((one) => !before.includes(one)), mine]);
      // The work that both want goes on.
      const endBefore = (): void => {
        for (const one of before) one.abort.abort();
      };
      const answer = hintsOf(editor, uri, range, abort.signal, endBefore).finally(endBefore);
      const { hints, complete, outcomes, late } = await answer;
      diagnostics.found(uri, range.start.line, range.end.line, outcomes);
      const done = (): void => {
        const others = (running.get(uri) ?? []).filter((one) => one !== mine);
        if (others.length > 0) running.set(uri, others);
        else running.delete(uri);
      };
      if (complete) done();
      else {
        // The client may still know what a document showed that this session never saw.
        if (client.changes && !ended.aborted) {
          connection.sendNotification(editorLate.name, { uri }).catch(() => undefined);
        }
        late
          .then((rest) => {
            if (abort.signal.aborted) return;
            diagnostics.found(uri, range.start.line, range.end.line, [...outcomes, ...rest]);
            editor.services.changed(['traces']);
          })
          .catch((err) => log.error({ err }, 'late hints failed by a fault'))
          .finally(done);
      }
      return mapInTurns(hints, (hint) => toInlayHint(session, hint));
    }),
  );

  connection.languages.inlayHint.resolve(
    answering(log, 'inlayHint/resolve', async (hint) => {
      const data = hint.data as HintData | undefined;
      if (!data || typeof hint.label === 'string') return hint;
      const label: InlayHintLabelPart[] = [];
      let next = 0;
      for (const part of hint.label) {
        const feature = part.value === SEPARATOR ? undefined : data.features[next++];
        if (!feature) {
          label.push(part);
          continue;
        }
        const address = { model: data.model, ...feature };
        const location: Location | null = part.location ?? (await pageLocation(session, address));
        const found = featureWith(editor, data.model, feature, feature.activation);
        const tooltip = { kind: MarkupKind.Markdown, value: tooltipOf(found) };
        label.push({ ...part, tooltip, ...(location ? { location } : {}) });
      }
      return { ...hint, label };
    }),
  );
}

const SEPARATOR = ' · ';

function toInlayHint({ client }: LspSession, { position, features, model }: TokenHint): InlayHint {
  const label = features.flatMap((feature, i): InlayHintLabelPart[] => {
    const part: InlayHintLabelPart = { value: shortLabel(feature) };
    // Where pages are files one is written only when it is asked for.
    if (client.virtualDocuments && !client.resolvesHintLinks) {
      part.location = { uri: featureUri({ model, ...feature }), range: NOWHERE };
    }
    return i === 0 ? [part] : [{ value: SEPARATOR }, part];
  });
  const data: HintData = {
    model,
    features: features.map(({ dictionary, index, activation }) => ({ dictionary, index, activation })),
  };
  return { position, label, paddingLeft: true, paddingRight: true, data };
}

const NOWHERE = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };

function shortLabel({ label, index, pinned }: FeatureAt): string {
  const name = label ?? `#${index}`;
  const cut = name.length > LONGEST ? `${name.slice(0, LONGEST - 1).trimEnd()}…` : name;
  return pinned ? `★ ${cut}` : cut;
}

function tooltipOf({ label, dictionary, index, activation, share, rates, labelSource, labelScore }: FeatureAt): string {
  const density = rates.density === null ? '' : `, fires on ${percent(rates.density)} of tokens`;
  const score = labelScore === null ? '' : `, score ${figures(labelScore)}`;
  const source = label === null || labelSource === null ? '' : `\n\n*Label: ${escapeMarkdown(labelSource)}${score}*`;
  const name = label === null ? '*no label*' : `**${escapeMarkdown(label)}**`;
  return `${name}\n\n${escapeMarkdown(dictionary)} #${index}: ${figures(activation)}, ${percent(share)} of its maximum${density}${source}`;
}
