/** Asks for the evidence of a feature, hears how far the search is, and can end it. */
import type { EditorParams, EditorResult } from '@sonde/protocol';
import { CancellationTokenSource } from 'vscode';
import { WorkDoneProgress, type WorkDoneProgressReport } from 'vscode-languageclient';
import type { Line } from '../client/line.ts';

export interface EvidenceRequest {
  readonly evidence: Promise<EditorResult<'sonde/editor/evidence'>>;
  cancel(): void;
}

export function askEvidence(
  line: Line,
  params: EditorParams<'sonde/editor/evidence'>,
  tell: (message: string, fraction: number | null) => void,
): EvidenceRequest {
  const source = new CancellationTokenSource();
  const workDoneToken = crypto.randomUUID();
  const progress = line.client?.onProgress(WorkDoneProgress.type, workDoneToken, (report) => {
    const { message, percentage } = report as WorkDoneProgressReport;
    if (message !== undefined) tell(message, percentage === undefined ? null : percentage / 100);
  });
  const asked: EditorParams<'sonde/editor/evidence'> & { workDoneToken: string } = { ...params, workDoneToken };
  const evidence = line.ask('sonde/editor/evidence', asked, source.token).finally(() => {
    progress?.dispose();
    source.dispose();
  });
  return { evidence, cancel: () => source.cancel() };
}
