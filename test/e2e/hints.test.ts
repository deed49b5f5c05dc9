/** Hints and hovers, as a person sees them who opens a file and types. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { goToEnd, haveHints, hoverWord, lineOf, linesWhen, watchHints } from './support/editor.ts';
import { keepFailures } from './support/failures.ts';
import { shoot } from './support/shots.ts';
import { launchBrowser, openFile, openWorkbench, type Workbench } from './support/workbench.ts';

const LINES = ['EN: In Basel Sam has a heavy signal.', 'FR: La image chez Sam est lourde.', 'EN: Sam sees the canal.'];
const ROW = String.raw`{"id": 7, "text": "Sam sees\nthe \u0063anal. \ud83d\ude00 Basel \"is\" lourde\t."}`;
const FILES = { 'story.prompt': `${LINES.join('\n---\n')}\n`, 'rows.jsonl': `${ROW}\n` };

let browser: Browser;
let window: Workbench;

beforeAll(async () => {
  browser = await launchBrowser();
  window = await openWorkbench(browser, FILES, 'story.prompt');
});
afterAll(() => browser?.close());
keepFailures(() => window?.page);

test('opening a prompt shows hints on each of its lines', async () => {
  const { page } = window;
  await linesWhen(page, 'each prompt has hints', (lines) => haveHints(lines, LINES));
  await shoot(page, 'hints');
});

test('a hover tells the features of a token and what they leave unexplained', async () => {
  const { page } = window;
  const text = await hoverWord(page, 'canal', /not explained/i);
  expect(text).toMatch(/layer_\d/);
  await shoot(page, 'hover', async () => void (await hoverWord(page, 'canal', /not explained/i)));
});

test('typing brings new hints, and none vanishes at any frame meanwhile', async () => {
  const { page } = window;
  await page.mouse.move(0, 0);
  const edited = LINES[2]!;
  const before = await linesWhen(page, 'hints', (lines) => haveHints(lines, LINES));
  const counts = Object.fromEntries(LINES.map((line) => [line, lineOf(before, line)!.hints.length]));
  await goToEnd(page);
  const end = await watchHints(page, LINES);
  await page.keyboard.type(' Basel has a heavy robe. Sam sees the signal.', { delay: 60 });
  const after = await linesWhen(page, 'hints on the new words', (lines) => {
    const line = lineOf(lines, edited);
    return line !== undefined && line.hints.filter(({ at }) => at > edited.length).length >= 2;
  });
  const { fewest, frames } = await end();
  expect(frames).toBeGreaterThan(10);
  // Not only those of the other prompts: the words before the cursor keep theirs too.
  expect(fewest).toEqual(counts);
  expect(lineOf(after, edited)!.text).toBe(`${edited} Basel has a heavy robe. Sam sees the signal.`);
});

test('hints of a dataset row stand between characters of its source, never inside an escape', async () => {
  const { page } = window;
  await openFile(page, 'rows.jsonl');
  const lines = await linesWhen(page, 'the row has hints', (drawn) =>
    drawn.some(({ hints, text }) => hints.length > 0 && text.startsWith('{"id"')),
  );
  await shoot(page, 'dataset-row');
  const source = lines.map(({ text }) => text).join('');
  expect(source).toBe(ROW);
  let passed = 0;
  const places = lines.flatMap(({ text, hints }) => {
    const start = passed;
    passed += text.length;
    return hints.map(({ at }) => start + at);
  });
  const inside = [...ROW.matchAll(/(?:\\ud83d\\ude00|\\u[0-9a-f]{4}|\\.)/g)].flatMap(({ index, 0: { length } }) =>
    places.filter((place) => place > index && place < index + length),
  );
  expect(inside).toEqual([]);
  expect(Math.min(...places)).toBeGreaterThan(ROW.indexOf('Sam'));
  expect(Math.max(...places)).toBeGreaterThan(ROW.indexOf('Basel'));
});
