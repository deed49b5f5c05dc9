/** *Compare Prompts*: two choices out of the prompts and rows of the open documents. */
import { type QuickPickItem, QuickPickItemKind, window, workspace } from 'vscode';
import { basename } from '../format.ts';
import type { Sonde } from '../sonde.ts';
import { after, cleanPairs, fromCursor, type PlacedUnit } from '../unit-choices.ts';
import type { ComparePanel, Place } from '../webviews/compare-panel.ts';
import type { Handlers } from './register.ts';

interface Choice extends QuickPickItem {
  readonly units?: readonly PlacedUnit[];
}

export function compareCommands(sonde: Sonde, panel: ComparePanel): Handlers {
  return {
    async 'sonde.comparePrompts'(argument) {
      const given = (argument ?? {}) as { readonly before?: Place; readonly after?: Place };
      if (given.before && given.after) {
        panel.open(given.before, given.after);
        return;
      }
      const units = await openUnits(sonde);
      if (units.length < 2) throw new Error('There are no two prompts or rows in the open documents to compare.');
      const first = given.before ? [unitAt(units, given.before) ?? units[0]!] : await pickFirst(sonde, units);
      if (!first) return;
      const second = first[1] ?? (await pickSecond(units, first[0]!));
      if (second) panel.open(placeOf(first[0]!), placeOf(second));
    },
  };
}

/** The prompts and rows of every open document that is read, the active one’s first. */
async function openUnits({ line, active }: Sonde): Promise<PlacedUnit[]> {
  const current = active.editor?.document;
  const documents = workspace.textDocuments.filter((document) => active.isRead(document) && !document.isClosed);
  const ordered = [...documents.filter((one) => one === current), ...documents.filter((one) => one !== current)];
  const lists = await Promise.all(
    ordered.map(async ({ uri }) => {
      const { units } = await line.ask('sonde/editor/units', { uri: uri.toString() });
      return units.map((unit) => ({ ...unit, uri: uri.toString() }));
    }),
  );
  return lists.flat();
}

async function pickFirst(
  { active: { editor } }: Sonde,
  units: readonly PlacedUnit[],
): Promise<readonly PlacedUnit[] | undefined> {
  const cursor = editor && { uri: editor.document.uri.toString(), line: editor.selection.active.line };
  const pairs = cleanPairs(units);
  const choices: Choice[] = [
    ...(pairs.length > 0 ? [{ label: 'Pairs', kind: QuickPickItemKind.Separator }] : []),
    ...pairs.map((pair) => ({
      label: `${pair[0].title} → ${pair[1].title}`,
      description: basename(pair[0].uri),
      detail: pair[0].preview,
      units: pair,
    })),
    { label: 'Prompts and rows', kind: QuickPickItemKind.Separator },
    ...fromCursor(units, cursor).map(choiceOf),
  ];
  const chosen = await window.showQuickPick(choices, { title: 'Compare Prompts (1/2): Before', matchOnDetail: true });
  return chosen?.units;
}

async function pickSecond(units: readonly PlacedUnit[], first: PlacedUnit): Promise<PlacedUnit | undefined> {
  const choices = after(units, first).map(choiceOf);
  const chosen = await window.showQuickPick(choices, { title: 'Compare Prompts (2/2): After', matchOnDetail: true });
  return chosen?.units?.[0];
}

function choiceOf(unit: PlacedUnit): Choice {
  return { label: unit.title, description: basename(unit.uri), detail: unit.preview, units: [unit] };
}

function placeOf({ uri, range }: PlacedUnit): Place {
  return { uri, position: range.start };
}

function unitAt(units: readonly PlacedUnit[], { uri, position }: Place): PlacedUnit | undefined {
  return units.find(
    (unit) => unit.uri === uri && unit.range.start.line <= position.line && position.line <= unit.range.end.line,
  );
}
