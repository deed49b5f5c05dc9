/** What the editors' door is given. */
import type { EditorEngine } from '../editor/services.ts';

/** Structured logging, as pino does it. */
export interface DoorLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface DoorOptions {
  /** Told to clients. */
  readonly version: string;
  readonly engine: EditorEngine;
  readonly log: DoorLog;
  /** Finds what a model's or a dictionary's name means. @throws path-outside-roots; file-not-found. */
  locate(name: string): string;
}
