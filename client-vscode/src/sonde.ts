/** The parts of a running extension that its commands and views share. */
import type { ExtensionContext, LogOutputChannel } from 'vscode';
import type { ActiveDocument } from './client/documents-open.ts';
import type { Line } from './client/line.ts';
import type { Pins } from './pins.ts';
import type { HeatMap } from './views/heat-map.ts';

export interface Sonde {
  readonly context: ExtensionContext;
  readonly log: LogOutputChannel;
  readonly line: Line;
  readonly active: ActiveDocument;
  readonly pins: Pins;
  readonly heat: HeatMap;
}
