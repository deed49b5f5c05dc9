import { expect, test } from 'vitest';
import { escapeMarkdown, tokenCode } from '../../server/src/lsp/markdown.ts';

test.each([
  ['plain words, even (these) & those!', 'plain words, even (these) & those!'],
  ['blocks.1.hook_resid_pre', 'blocks.1.hook_resid_pre'],
  ['saelens-topk #7', 'saelens-topk #7'],
  ['_all_', '\\_all\\_'],
  ['a*b*c', 'a\\*b\\*c'],
  ['[x](command:y)', '\\[x\\](command:y)'],
  ['<img src=x>', '\\<img src=x>'],
  ['`code`', '\\`code\\`'],
  ['~~gone~~', '\\~\\~gone\\~\\~'],
  ['a\\b', 'a\\\\b'],
  ['&lt; & &#60;', '\\&lt; & \\&#60;'],
  ['# title', '\\# title'],
  [' - item', ' \\- item'],
  ['> quote', '\\> quote'],
  ['12. item', '12\\. item'],
  ['12.5 %', '12\\.5 %'],
  ['two\r\nlines', 'two⏎lines'],
  ['a\u202eb\0', 'a\\u{202e}b\\u{0}'],
])('%j is written %j', (text, written) => expect(escapeMarkdown(text)).toBe(written));

test.each([
  [' the', '` the`'],
  ['\n', '`⏎`'],
  ['\t', '`⇥`'],
  ['', '`(empty)`'],
  ['`', '`` ` ``'],
  ['a``b', '```a``b```'],
  ['\u0007', '`\\u{7}`'],
  ['\u202e', '`\\u{202e}`'],
  ['é😀', '`é😀`'],
])('the token %j is shown as %s', (text, code) => expect(tokenCode(text)).toBe(code));
