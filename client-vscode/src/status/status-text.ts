/** What the status bar says; pure. */
import type { EditorResult } from '@sonde/protocol';
import type { LineState } from '../client/supervise.ts';

export interface StatusText {
  /** With the editor's icons, `$(name)`. */
  readonly text: string;
  /** Markdown-free lines. */
  readonly tooltip: string;
  /** What a screen reader says instead of the text. */
  readonly spoken: string;
  readonly severity: 'plain' | 'warning' | 'error';
}

type Status = EditorResult<'sonde/editor/status'>;

/** The text for the line's state and, while it stands, what the daemon told last. */
export function statusText(state: LineState, status: Status | undefined): StatusText {
  switch (state.kind) {
    case 'starting':
      return plain('$(loading~spin) Sonde', 'Sonde: connecting to the daemon, which starts if none runs', 'plain');
    case 'reconnecting':
      return plain('$(sync~spin) Sonde', `Sonde: connecting again\n${state.message}`, 'warning');
    case 'failed':
      return plain('$(error) Sonde', `Sonde: not connected\n${state.failure.message}`, 'error');
    case 'ready':
      return status ? ready(status) : plain('$(pulse) Sonde', 'Sonde: connected', 'plain');
  }
}

function ready({ version, device, waiting, restarts, memoryBytes, models, document }: Status): StatusText {
  const queued = waiting.interactive + waiting.batch;
  const model = document ? document.model : (models[0]?.name ?? null);
  const lines = [
    `Sonde: connected to ${version} on ${device}`,
    model === null ? 'No model is loaded' : `Model: ${shortName(model)}`,
    ...(document?.dictionaries.length ? [`Dictionaries: ${document.dictionaries.map(shortName).join(', ')}`] : []),
    queued === 0 ? 'Idle' : `Waiting: ${waiting.interactive} for the editor, ${waiting.batch} in the background`,
    ...(memoryBytes === null ? [] : [`Memory: ${Math.round(memoryBytes / 1e6)} MB`]),
    ...(restarts === 0 ? [] : [`The computing process was restarted ${restarts === 1 ? 'once' : `${restarts} times`}`]),
    ...(document?.problem ? [document.problem] : []),
    ...misfits(models),
  ];
  const icon = document?.problem ? '$(warning)' : queued > 0 ? '$(sync~spin)' : '$(pulse)';
  const busy = queued > 0 ? ` · ${queued} waiting` : '';
  return plain(
    `${icon} ${model === null ? 'Sonde' : shortName(model)} · ${device}${busy}`,
    lines.join('\n'),
    document?.problem ? 'warning' : 'plain',
  );
}

function misfits(models: Status['models']): string[] {
  return models.flatMap(({ dictionaries }) =>
    dictionaries.flatMap(({ name, fit, cause }) =>
      fit === 'misfit' ? [`${shortName(name)} does not fit: ${cause}`] : [],
    ),
  );
}

/** The last part of a path or hub id. */
export function shortName(name: string): string {
  return name.split(/[\\/]/).filter(Boolean).at(-1) ?? name;
}

function plain(text: string, tooltip: string, severity: StatusText['severity']): StatusText {
  return { text, tooltip, spoken: tooltip.replaceAll('\n', '. '), severity };
}
