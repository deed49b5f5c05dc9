/** Where front matter is written, key or value; `|` is the cursor. */
import { expect, test } from 'vitest';
import { linesOf } from '../../server/src/prompt/lines.ts';
import { outlineOf } from '../../server/src/prompt/segments.ts';
import { settingPlaceAt } from '../../server/src/prompt/setting-place.ts';
import { rangeLine } from '../support/prompt-view.ts';

function check(name: string, marked: string[], expected: string | null): void {
  test(name, () => {
    const line = marked.findIndex((text) => text.includes('|'));
    const position = { line, character: marked[line]!.indexOf('|') };
    const place = settingPlaceAt(linesOf(marked.join('\n').replace('|', '')), position);
    const found =
      place && [place.part, place.key?.name, rangeLine(place.range), ...place.used].filter(Boolean).join(' ');
    expect(found).toBe(expected);
  });
}

check('an empty line of front matter takes a key', ['---', '|', '---', 'x'], 'key 1:0-1:0');
check('so does one that nothing closes yet', ['---', 'layer: 1', 'mo|'], 'key 2:0-2:2 layer');
check('a key is there to hover', ['---', 'lay|er: 1', '---'], 'key layer 1:0-1:5');
check('behind the colon stands its value', ['---', 'model: gp|t2', 'top_k: 1', '---'], 'value model 1:7-1:11 top_k');
check('an empty value too', ['---', 'model: |', '---'], 'value model 1:7-1:7');
check('an entry of a list', ['---', 'dictionaries: [a, b/|c]', '---'], 'value dictionaries 1:18-1:21');
check('on lines of its own', ['---', 'dictionaries:', '- a', '- b|', '---'], 'value dictionaries 3:2-3:3 dictionaries');
check('a prompt may begin with a key', ['a', '---', 'la|'], 'key 2:0-2:2');
check('front matter of a prompt', ['a', '---', 'layer: 1', 'top|', '---', 'b'], 'key 3:0-3:3 layer');
check('text has none', ['a', '---', 'Once upon', 'la|'], null);
check('nor does the first prompt without a first line of ---', ['la|'], null);
check('nor what follows front matter', ['---', 'layer: 1', '---', 'la|'], null);

test('a file folds by front matter and prompt', () => {
  const lines = linesOf('---\nlayer: 1\n---\na\nb\n---\nlayer: 2\n---\nc\n');
  expect(outlineOf(lines).map(({ kind, from, to }) => [kind, from, to])).toEqual([
    ['file', 1, 2],
    ['text', 3, 5],
    ['own', 6, 7],
    ['text', 8, 10],
  ]);
});
