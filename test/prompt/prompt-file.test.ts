/** The grammar of docs/prompt-files.md, example by example. */
import { expect, test } from 'vitest';
import { parseText, view } from '../support/prompt-view.ts';

/** A text as its lines, and what parsing finds in it. */
function check(name: string, lines: string[], expected: string[], lineBreak = '\n'): void {
  test(name, () => expect(view(parseText('prompt', lines.join(lineBreak)))).toEqual(expected));
}

check('a file is a prompt without its last line break', ['Hello', ''], ['"Hello" 0:0-0:5']);
check('only one line break at the end is not part of it', ['Hello', '', ''], ['"Hello\\n" 0:0-1:0']);
check('an empty file has no prompt', [''], []);
check('blank prompts are none', ['', ' ', '---', '', '---', 'x'], ['"x" 5:0-5:1']);
check('line breaks are read as \\n', ['a', 'b', ''], ['"a\\nb" 0:0-1:1'], '\r\n');
check('a separator splits prompts', ['a', '', '---', 'b', ''], ['"a\\n" 0:0-1:0', '"b" 3:0-3:1']);
check('a separator has nothing around it', ['a', '--- ', ' ---', '----'], ['"a\\n--- \\n ---\\n----" 0:0-3:4']);
check('a backslash makes a separator text', ['a', '\\---', 'b'], ['"a\\n---\\nb" 0:0-2:1']);
check('each more backslash is one backslash', ['\\\\---', '\\x'], ['"\\\\---\\n\\\\x" 0:0-1:2']);
check('a byte order mark is not read', ['\ufeffa'], ['"a" 0:1-0:2']);
check('half a character is unreadable', ['a\ud83d'], ['"a\\ud83d" 0:0-0:2 unreadable', 'lone-surrogate at 0:1-0:2']);

check(
  'front matter begins on line 1',
  ['---', 'model: gpt2', 'dictionaries: [a, "b c"]', 'layer: 8', 'top-k: 3', 'threshold: .5', '---', 'Hello'],
  ['"Hello" 7:0-7:5 {"model":"gpt2","dictionaries":["a","b c"],"layer":8,"top_k":3,"threshold":0.5}'],
);
check('not on a later one', ['', '---', 'a'], ['"a" 2:0-2:1']);
check(
  'lists may be written line by line',
  ['---', 'dictionaries:', '- a', '# none', '- b', 'layer: 1', '---', 'x'],
  ['"x" 7:0-7:1 {"dictionaries":["a","b"],"layer":1}'],
);
check('one dictionary needs no list', ['---', 'dictionaries: a', '---', 'x'], ['"x" 3:0-3:1 {"dictionaries":["a"]}']);
check('names may look like numbers', ['---', 'model: 0.10', '---', 'x'], ['"x" 3:0-3:1 {"model":"0.10"}']);
check('front matter may be empty', ['---', '---', 'x'], ['"x" 2:0-2:1']);
check(
  'a prompt overlays the settings of its file',
  ['---', 'layer: 1', 'top_k: 2', '---', 'a', '---', 'layer: 3', '---', 'b', '---', 'c'],
  ['"a" 4:0-4:1 {"layer":1,"top_k":2}', '"b" 8:0-8:1 {"layer":3,"top_k":2}', '"c" 10:0-10:1 {"layer":1,"top_k":2}'],
);
check(
  'its front matter may have an opening line of its own',
  ['a', '---', '---', 'layer: 3', '---', 'b'],
  ['"a" 0:0-0:1', '"b" 5:0-5:1 {"layer":3}'],
);
check(
  'front matter is never followed by front matter',
  ['---', 'layer: 1', '---', 'layer: 2', '---', 'a'],
  ['"layer: 2" 3:0-3:8 {"layer":1}', '"a" 5:0-5:1 {"layer":1}', 'front-matter-misplaced at 3:0-3:8'],
);
check(
  'lines between separators are text unless all look like settings',
  ['a', '---', 'layer: 3 or', 'so they say', '---', 'b'],
  ['"a" 0:0-0:1', '"layer: 3 or\\nso they say" 2:0-3:11', '"b" 5:0-5:1'],
);
check(
  'settings that nothing closes are text',
  ['a', '---', 'layer: 3'],
  ['"a" 0:0-0:1', '"layer: 3" 2:0-2:8', 'front-matter-misplaced at 2:0-2:8'],
);

check(
  'half-typed lines cost no other setting and no prompt',
  ['---', 'mod', 'layer:8', 'top_k:', 'threshold: high', 'chat: true', '---', 'x'],
  [
    '"x" 7:0-7:1 {"chat":true} user: "x"',
    'front-matter-syntax at 1:0-1:3',
    'front-matter-syntax at 2:0-2:7',
    'front-matter-value at 3:0-3:5',
    'front-matter-value at 4:11-4:15',
  ],
);
check(
  'values are held to their types and bounds',
  ['---', 'layer: -1', 'top_k: 2.5', 'model: [a]', 'dictionaries: {a: b}', 'chat: yes', 'threshold: 1', '---', 'x'],
  [
    '"x" 8:0-8:1 {"threshold":1}',
    'front-matter-value at 1:7-1:9',
    'front-matter-value at 2:7-2:10',
    'front-matter-value at 3:7-3:10',
    'front-matter-value at 4:14-4:20',
    'front-matter-value at 5:6-5:9',
  ],
);
check(
  'unknown and repeated keys are told',
  ['---', 'modle: a', 'layer: 1', 'layer: 2', '---', 'x'],
  ['"x" 5:0-5:1 {"layer":2}', 'front-matter-key at 1:0-1:5', 'front-matter-key at 3:0-3:5'],
);
check(
  'broken YAML is told where it breaks',
  ['---', 'model: "gpt', 'layer: 2', '---', 'x'],
  ['"x" 4:0-4:1 {"layer":2}', 'front-matter-syntax at 1:7-1:11'],
);
check(
  'front matter that nothing closes ends with its last setting',
  ['---', 'model: gpt2', 'Hello', 'there'],
  ['"Hello\\nthere" 2:0-3:5 {"model":"gpt2"}', 'front-matter-open at 0:0-0:3'],
);
check(
  'text that line 1 would make front matter is read',
  ['---', 'The capital', '---', 'b'],
  ['"The capital" 1:0-1:11', '"b" 3:0-3:1', 'front-matter-expected at 0:0-0:3'],
);
check('a lone line 1 is no prompt', ['---'], ['front-matter-open at 0:0-0:3']);

check(
  'headings open turns, with text on their line or below, without blank lines around it',
  ['---', 'chat: true', '---', 'system: Be  brief. ', '', 'user:', '', 'Hi', 'there', '', 'assistant:'],
  [
    '"system: Be  brief. \\n\\nuser:\\n\\nHi\\nthere\\n\\nassistant:" 3:0-10:10 {"chat":true} ' +
      'system: "Be  brief. ", user: "Hi\\nthere", assistant: ""',
  ],
);
check('without chat they are text', ['user: Hi'], ['"user: Hi" 0:0-0:8']);
check(
  'a backslash makes a heading text',
  ['---', 'chat: true', '---', 'user: a', '\\user: b'],
  ['"user: a\\nuser: b" 3:0-4:8 {"chat":true} user: "a\\nuser: b"'],
);
check(
  'text before the first turn is the user’s, and told',
  ['---', 'chat: true', '---', 'Hi', 'assistant: Ho'],
  ['"Hi\\nassistant: Ho" 3:0-4:13 {"chat":true} user: "Hi", assistant: "Ho"', 'text-outside-turn at 3:0-3:2'],
);
check(
  'a prompt that begins with clean: or corrupt: is a pair',
  ['clean: John gave', 'corrupt:', 'Mary gave', '', '---', 'x'],
  ['clean "John gave" 0:7-0:16', 'corrupt "Mary gave" 2:0-2:9', '"x" 5:0-5:1'],
);
check('later lines begin no pair', ['a', 'clean: b'], ['"a\\nclean: b" 0:0-1:8']);
check('nor does an escaped one', ['\\clean: b'], ['"clean: b" 0:0-0:9']);
check(
  'half a pair is told',
  ['clean: a', 'clean: b'],
  ['clean "a" 0:7-0:8', 'clean "b" 1:7-1:8', 'pair-incomplete at 1:0-1:8', 'pair-incomplete at 0:0-0:8'],
);
check(
  'halves may be chats',
  ['---', 'chat: true', '---', 'clean:', 'user: a', 'corrupt:', 'user: b'],
  ['clean "user: a" 4:0-4:7 {"chat":true} user: "a"', 'corrupt "user: b" 6:0-6:7 {"chat":true} user: "b"'],
);
