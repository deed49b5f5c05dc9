/**
 * Problems of documents, pushed as they are found: syntax soon after each edit, what tracing finds after the hints of
 * the lines on screen. For clients without hints the document's first texts are traced for it, in the batch lane.
 */
import { type Connection, type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver';
import { inTurns } from '../core/turn.ts';
import { type Finding, MAX_FINDINGS, syntaxFindings, traceFindings } from '../editor/diagnostics.ts';
import { type Outcome, traceFirst } from '../editor/hints.ts';
import { prepared } from '../editor/prepare.ts';
import type { Session } from '../editor/session.ts';
import type { ClientFacts } from './client.ts';
import type { DoorLog } from './door-options.ts';

/** Milliseconds after the last edit. */
const DELAY = 250;

export interface Diagnoser {
  /** A document was opened or edited. */
  refresh(uri: string): void;
  /** What traces of its lines [from, to] found. */
  found(uri: string, from: number, to: number, outcomes: readonly Outcome[]): void;
  closed(uri: string): void;
  dispose(): void;
}

export function diagnoser(connection: Connection, editor: Session, client: ClientFacts, log: DoorLog): Diagnoser {
  const waiting = new Map<string, { timer: NodeJS.Timeout; abort: AbortController }>();
  // What the last hints found, told once a while: hints come with every keystroke.
  const hinted = new Map<string, { from: number; to: number; outcomes: readonly Outcome[] }>();
  const told = new Map<string, NodeJS.Timeout>();
  // Which of the publications begun was told last, by document.
  const latest = new Map<string, number>();
  let begun = 0;
  let disposed = false;

  async function publish(uri: string, from: number, to: number, outcomes: readonly Outcome[]): Promise<void> {
    const turn = ++begun;
    const document = await prepared(editor.documents, uri);
    if (!document || disposed) return;
    const syntax = await inTurns(syntaxFindings(document, from, to));
    // Meanwhile it may have been closed, or something later have been told.
    if (disposed || !editor.documents.get(uri) || (latest.get(uri) ?? 0) >= turn) return;
    latest.set(uri, turn);
    const findings = [...syntax, ...traceFindings(document, outcomes)];
    const diagnostics = findings.slice(0, MAX_FINDINGS).map(toDiagnostic);
    await connection.sendDiagnostics({ uri, version: document.version, diagnostics });
  }

  async function look(uri: string, signal: AbortSignal): Promise<void> {
    if (client.inlayHints && editor.settings().hints) {
      if (!hinted.has(uri)) await publish(uri, 0, 0, []);
      return;
    }
    const outcomes = await traceFirst(editor, uri, signal);
    if (!signal.aborted) await publish(uri, 0, 0, outcomes);
  }

  function stop(uri: string): void {
    const entry = waiting.get(uri);
    if (!entry) return;
    clearTimeout(entry.timer);
    entry.abort.abort();
    waiting.delete(uri);
  }

  function tell(uri: string): void {
    told.delete(uri);
    const { from, to, outcomes } = hinted.get(uri)!;
    publish(uri, from, to, outcomes).catch(failed);
  }

  const failed = (err: unknown): void => log.warn({ err }, 'a document’s problems cannot be told');
  return {
    refresh(uri) {
      stop(uri);
      const abort = new AbortController();
      const timer = setTimeout(() => void look(uri, abort.signal).catch(failed), DELAY);
      waiting.set(uri, { timer, abort });
    },
    found(uri, from, to, outcomes) {
      // Late hints of a document that has been closed.
      if (disposed || !editor.documents.get(uri)) return;
      hinted.set(uri, { from, to, outcomes });
      if (!told.has(uri)) told.set(uri, setTimeout(tell, DELAY, uri));
    },
    closed(uri) {
      stop(uri);
      clearTimeout(told.get(uri));
      told.delete(uri);
      hinted.delete(uri);
      // What was begun before belongs to a document that may be opened again.
      latest.set(uri, begun);
      connection.sendDiagnostics({ uri, diagnostics: [] }).catch(failed);
    },
    dispose() {
      disposed = true;
      for (const uri of [...waiting.keys()]) stop(uri);
      for (const timer of told.values()) clearTimeout(timer);
    },
  };
}

function toDiagnostic({ range, severity, code, message }: Finding): Diagnostic {
  return { range, severity: SEVERITIES[severity], code, source: 'sonde', message };
}

const SEVERITIES = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
} as const;
