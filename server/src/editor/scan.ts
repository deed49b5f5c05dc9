/**
 * Goes through the texts of the workspace: open documents first, as they are on screen, then files on the editor's side.
 * Bounded in files, bytes, texts and tokens; what is left out is told. Work goes in the batch lane, text by text.
 */
import { throwIfCancelled } from '../core/errors.ts';
import { breathe } from '../core/turn.ts';
import { linesOf } from '../prompt/lines.ts';
import type { Unit } from '../prompt/unit.ts';
import { type Document, kindOf } from './documents.ts';
import type { EditorServices } from './services.ts';
import type { Session } from './session.ts';
import { closedDocument, windows } from './units.ts';

/** Files that are listed, bytes of one, bytes of all. */
export const MAX_FILES = 2000;
export const MAX_FILE_BYTES = 8 * 2 ** 20;
export const MAX_SCAN_BYTES = 64 * 2 ** 20;
/** Texts of one scan. */
export const MAX_TEXTS = 20_000;

export interface ScanReport {
  /** Documents and files that were gone through. */
  read: number;
  skipped: number;
  /** Why some were skipped, a few sentences. */
  readonly why: string[];
  texts: number;
  truncated: boolean;
}

export interface ScannedUnit {
  readonly document: Document;
  readonly unit: Unit;
  /** How far the scan has come, 0 … 1. */
  readonly fraction: number;
}

export function emptyReport(): ScanReport {
  return { read: 0, skipped: 0, why: [], texts: 0, truncated: false };
}

/** Every readable text, `report` filled in on the way. */
export async function* scanWorkspace(
  session: Session,
  report: ScanReport,
  signal?: AbortSignal,
): AsyncGenerator<ScannedUnit> {
  const open = session.documents.all().filter(({ kind }) => kind !== 'other');
  const files = await closedFiles(session, report, signal);
  const total = open.length + files.length;
  let done = 0;
  for (const source of [...open, ...files]) {
    const document = typeof source === 'string' ? await readFile(session, source, report, signal) : source;
    const fraction = done++ / total;
    if (!document) continue;
    report.read++;
    for (const units of windows(document)) {
      // Parsing a large file must not hold up typing.
      await breathe();
      for (const unit of units) {
        throwIfCancelled(signal);
        if (!unit.readable || unit.text === '') continue;
        if (report.texts >= MAX_TEXTS) {
          report.truncated = true;
          return;
        }
        report.texts++;
        yield { document, unit, fraction };
      }
    }
  }
}

/** Texts in work at a time: short ones run side by side then. */
const WIDTH = 16;

/** Works on every text that `scanWorkspace` gives, some at a time; results in its order. */
export async function* workOnWorkspace<R>(
  session: Session,
  report: ScanReport,
  work: (scanned: ScannedUnit) => Promise<R>,
  signal?: AbortSignal,
): AsyncGenerator<ScannedUnit & { readonly result: R }> {
  const begun: { readonly scanned: ScannedUnit; readonly result: Promise<R> }[] = [];
  const next = async (): Promise<ScannedUnit & { readonly result: R }> => {
    const { scanned, result } = begun.shift()!;
    return { ...scanned, result: await result };
  };
  for await (const scanned of scanWorkspace(session, report, signal)) {
    const result = work(scanned);
    // The first failure ends the scan; what was begun beside it fails unheard.
    result.catch(() => undefined);
    begun.push({ scanned, result });
    if (begun.length >= WIDTH) yield await next();
  }
  while (begun.length > 0) yield await next();
}

/** Files that are not open, those that are too large left out. */
async function closedFiles(
  { services, documents }: Session,
  report: ScanReport,
  signal?: AbortSignal,
): Promise<string[]> {
  const { files } = services;
  if (!files) {
    report.why.push('This editor’s side reads no files for the server: only open documents were looked at.');
    return [];
  }
  const listed = await files.list(MAX_FILES, signal);
  if (listed.truncated) leaveOut(report, 0, `More than ${MAX_FILES} files; the first were looked at.`);
  let bytes = 0;
  return listed.files.flatMap(({ uri, size }) => {
    if (documents.get(uri) || kindOf(uri) === 'other') return [];
    if (size > MAX_FILE_BYTES) {
      leaveOut(
        report,
        1,
        `${nameOf(services, uri)} has ${size} bytes; at most ${MAX_FILE_BYTES} are read unless it is open.`,
      );
      return [];
    }
    bytes += size;
    if (bytes <= MAX_SCAN_BYTES) return [uri];
    leaveOut(report, 1, `The files have more than ${MAX_SCAN_BYTES} bytes; the first were looked at.`);
    return [];
  });
}

async function readFile(
  session: Session,
  uri: string,
  report: ScanReport,
  signal?: AbortSignal,
): Promise<Document | null> {
  const { text } = await session.services.files!.read(uri, MAX_FILE_BYTES, signal);
  if (text === null) {
    leaveOut(report, 1, `${nameOf(session.services, uri)} cannot be read as UTF-8.`);
    return null;
  }
  return closedDocument(uri, kindOf(uri), linesOf(text), session.settings().textField);
}

function leaveOut(report: ScanReport, skipped: number, why: string): void {
  report.skipped += skipped;
  report.truncated = true;
  if (report.why.length < 10 && !report.why.includes(why)) report.why.push(why);
}

/** A file as people know it: its path below the workspace's folder. */
export function nameOf({ folders }: Pick<EditorServices, 'folders'>, uri: string): string {
  const folder = folders().find((root) => uri.startsWith(`${root}/`));
  const name = folder ? uri.slice(folder.length + 1) : uri;
  try {
    return decodeURIComponent(name);
  } catch {
    // An editor may name a file by a URI that is none.
    return name;
  }
}
