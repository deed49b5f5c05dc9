/** The VS Code extension: joins the line to the daemon, the views and the commands. What models say comes from the server alone. */
import { commands, type ExtensionContext, window, workspace } from 'vscode';
import { type ActiveDocument, followActiveDocument } from './client/documents-open.ts';
import { type Line, openLine } from './client/line.ts';
import { annotateCommands } from './commands/annotate.ts';
import { compareCommands } from './commands/compare.ts';
import { daemonCommands } from './commands/daemon.ts';
import { featureCommands } from './commands/feature-commands.ts';
import { filterCommands } from './commands/filters.ts';
import { importCommands } from './commands/import-labels.ts';
import { modelCommands } from './commands/models.ts';
import { quickstartCommands } from './commands/quickstart.ts';
import { registerCommands } from './commands/register.ts';
import { keepPins, type Pins } from './pins.ts';
import { CONNECTION_SETTINGS } from './settings/settings.ts';
import type { Sonde } from './sonde.ts';
import { showStatus } from './status/status-bar.ts';
import { showFeatures } from './views/features-view.ts';
import { type HeatMap, heatMap } from './views/heat-map.ts';
import { showStrip } from './views/strip-view.ts';
import { comparePanel } from './webviews/compare-panel.ts';
import { featurePanels } from './webviews/feature-panel.ts';

let line: Line | undefined;

export function activate(context: ExtensionContext): void {
  const log = window.createOutputChannel('Sonde', { log: true });
  // Pins are sent over the line and the line sends pins: the first to run is the line, later than this function.
  let pins: Pins;
  line = openLine(context, log, () => pins.send());
  pins = keepPins(context.workspaceState, async (features) => {
    if (line?.state.kind !== 'ready' && !line?.client) return features.map(bare);
    return (await line.ask('sonde/editor/pin', { features })).features;
  });
  const active: ActiveDocument = followActiveDocument();
  const heat: HeatMap = heatMap(line, active);
  const sonde: Sonde = { context, log, line, active, pins, heat };
  const pages = featurePanels(sonde);
  const comparison = comparePanel(sonde, pages);
  const handlers = {
    ...featureCommands(sonde, pages),
    ...compareCommands(sonde, comparison),
    ...annotateCommands(sonde),
    ...modelCommands(sonde),
    ...importCommands(sonde),
    ...filterCommands(),
    ...quickstartCommands(),
    ...daemonCommands(sonde),
  };
  context.subscriptions.push(
    log,
    line,
    pins,
    active,
    heat,
    pages,
    comparison,
    showStatus(line, active),
    showFeatures(line, active, pins),
    showStrip(sonde),
    workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration('sonde.daemon')) return;
      void line?.reconnect(CONNECTION_SETTINGS.some((name) => event.affectsConfiguration(name)));
    }),
    ...registerCommands(handlers, log),
  );
  tellFailures(line, log.show.bind(log));
}

export async function deactivate(): Promise<void> {
  await line?.close();
}

function bare<T>(feature: T): T & { label: null; labelSource: null; labelScore: null } {
  return { ...feature, label: null, labelSource: null, labelScore: null };
}

/** Failures of one kind in a row are told once; the status bar shows what goes on. */
function tellFailures({ onDidChangeState, reconnect }: Line, showLog: () => void): void {
  const enough = 4;
  let told = false;
  onDidChangeState(async (state) => {
    if (state.kind === 'ready') told = false;
    const message =
      state.kind === 'failed'
        ? state.failure.message
        : state.kind === 'reconnecting' && state.failures === enough
          ? `The daemon cannot be reached: ${state.message}`
          : undefined;
    if (message === undefined || (told && state.kind !== 'failed')) return;
    told = true;
    const token = state.kind === 'failed' && state.failure.kind === 'token' ? ['Set Token'] : [];
    const chosen = await window.showErrorMessage(`Sonde: ${message}`, ...token, 'Retry', 'Show Log');
    if (chosen === 'Set Token') await commands.executeCommand('sonde.setToken');
    if (chosen === 'Retry') await reconnect();
    if (chosen === 'Show Log') showLog();
  });
}
