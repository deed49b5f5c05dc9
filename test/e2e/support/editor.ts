/** What a text editor of the workbench shows, and what a person does in it. */
import type { Page } from 'playwright-core';
import { until } from './workbench.ts';

/** One drawn line; a wrapped line is drawn as several. */
export interface DrawnLine {
  /** The document's own text, without hints. */
  readonly text: string;
  /** Each hint with the character of `text` that it stands before. */
  readonly hints: readonly { readonly at: number; readonly label: string }[];
}

/** What a watch over frames has seen. */
export interface Watched {
  /** The fewest hints that each line had at any frame, by the line's beginning. */
  readonly fewest: Readonly<Record<string, number>>;
  /** The most. */
  readonly most: Readonly<Record<string, number>>;
  readonly frames: number;
}

/** Calls a function of `in-page.js`. */
function inPage<T>(page: Page, call: string, argument?: unknown): Promise<T> {
  return page.evaluate(`sonde.${call}(${argument === undefined ? '' : JSON.stringify(argument)})`);
}

/** The lines of the active editor from top to bottom. */
export function drawnLines(page: Page): Promise<DrawnLine[]> {
  return inPage(page, 'lines');
}

/** Waits until the lines are as wanted, and returns them. */
export async function linesWhen(
  page: Page,
  what: string,
  holds: (lines: readonly DrawnLine[]) => boolean,
): Promise<DrawnLine[]> {
  let lines: DrawnLine[] = [];
  await until(what, async () => {
    lines = await drawnLines(page);
    return holds(lines);
  });
  return lines;
}

/** The line that begins with this text; undefined while it is not drawn. */
export function lineOf(lines: readonly DrawnLine[], start: string): DrawnLine | undefined {
  return lines.find(({ text }) => text.startsWith(start));
}

/** Whether each of these lines is drawn and has a hint. */
export function haveHints(lines: readonly DrawnLine[], starts: readonly string[]): boolean {
  return starts.every((start) => (lineOf(lines, start)?.hints.length ?? 0) > 0);
}

/** Puts the cursor into the first word of this kind. */
export async function clickWord(page: Page, word: string): Promise<void> {
  const { x, y } = await middleOf(page, word);
  await page.mouse.click(x, y);
}

/** Puts the cursor at the end of a document's text, before its last line break. */
export async function goToEnd(page: Page): Promise<void> {
  await page.locator('.editor-group-container.active .editor-instance .view-lines').first().click();
  // `End` alone stops where a wrapped line is broken.
  await page.keyboard.press('Control+End');
  await page.keyboard.press('ArrowLeft');
}

/** Rests the pointer on a word until a hover that holds `text` is there; returns all that it says. */
export async function hoverWord(page: Page, word: string, text: string | RegExp): Promise<string> {
  const hover = page.locator('.monaco-hover:visible', { hasText: text }).first();
  await until(`a hover over "${word}" says ${text}`, async () => {
    const { x, y } = await middleOf(page, word);
    // Away and back: a hover that came before its answer does not ask again.
    await page.mouse.move(x, y + 200);
    await page.mouse.move(x - 1, y);
    await page.mouse.move(x, y);
    return hover.waitFor({ timeout: 4000 }).then(
      () => true,
      () => false,
    );
  });
  return (await hover.textContent()) ?? '';
}

/** Counts the hints of lines that begin with these texts at every frame drawn, until what it returns is called. */
export async function watchHints(page: Page, starts: readonly string[]): Promise<() => Promise<Watched>> {
  await inPage(page, 'startWatch', starts);
  return () => inPage(page, 'endWatch');
}

/** Background colours of what an extension has painted behind the text of the active editor, each once. */
export function paintedColours(page: Page): Promise<string[]> {
  return inPage(page, 'colours');
}

/** Widths and colours of the borders of what an extension has painted, each once: `1px rgb(255, 255, 255)`. */
export function paintedBorders(page: Page): Promise<string[]> {
  return inPage(page, 'borders');
}

/** How many stretches of each drawn line are highlighted for the cursor's sake. */
export function highlightsByLine(page: Page): Promise<number[]> {
  return inPage(page, 'highlights');
}

async function middleOf(page: Page, word: string): Promise<{ x: number; y: number }> {
  let place: { x: number; y: number } | null = null;
  await until(`"${word}" is drawn`, async () => {
    place = await inPage(page, 'middleOf', word);
    return place !== null;
  });
  return place!;
}
