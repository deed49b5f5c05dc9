/** Chats as templates render them, and what of it is written where. */
import { expect, test } from 'vitest';
import { openChatTemplate } from '../../server/src/model/tokenizer/chat-template.ts';
import { type ChatMessage, type RenderedChat, renderChat } from '../../server/src/prompt/chat.ts';
import { linesOf } from '../../server/src/prompt/lines.ts';
import type { DocumentKind } from '../../server/src/prompt/syntax.ts';
import { parseText } from '../support/prompt-view.ts';

const CHATML =
  "{{ bos_token }}{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
const TRIMMED = CHATML.replace('m.content', '(m.content | trim)');

const render = (template: string) => (messages: readonly ChatMessage[]) =>
  openChatTemplate(template, { bos: '<s>', eos: '</s>' }).render(messages);

/** Each unit of the rendered text with `^` under what is written, as `text` and `source` pieces. */
function check(name: string, template: string, kind: DocumentKind, source: string, expected: [string, string][]): void {
  test(name, () => {
    const rendered = rendering(template, kind, source);
    expect(writtenPieces(rendered, source)).toEqual(expected);
    for (let at = 0; at < rendered.text.length; at++) {
      const range = rendered.locate(at, at + 1);
      if (range) expect(rendered.offsetAt(range.start)).toBe(at);
    }
  });
}

function rendering(template: string, kind: DocumentKind, source: string): RenderedChat {
  return renderChat(parseText(kind, source).units[0]!, render(template));
}

/** Runs of rendered characters that are written, and their source. */
function writtenPieces(rendered: RenderedChat, source: string): [string, string][] {
  const lines = linesOf(source);
  const pieces: [number, number][] = [];
  for (let at = 0; at < rendered.text.length; at++) {
    if (!rendered.locate(at, at + 1)) continue;
    const last = pieces.at(-1);
    if (last?.[1] === at) last[1]++;
    else pieces.push([at, at + 1]);
  }
  return pieces.map(([start, end]) => [rendered.text.slice(start, end), lines.text(rendered.locate(start, end)!)]);
}

const chat = (...lines: string[]): string => ['---', 'chat: true', '---', ...lines].join('\n');

check('the written text of every turn is found', CHATML, 'prompt', chat('system: Be brief.', 'user:', 'a', 'b'), [
  ['Be brief.', 'Be brief.'],
  ['a\nb', 'a\nb'],
]);
check('a turn that says "user" is not taken for the template’s own word', CHATML, 'prompt', chat('user: user'), [
  ['user', 'user'],
]);
check('a template may trim', TRIMMED, 'prompt', chat('user: a  ', 'assistant:'), [['a', 'a']]);
check(
  'escapes of a dataset are kept whole',
  CHATML,
  'jsonl',
  '{"messages": [{"role": "user", "content": "\\u00e9\\n"}, {"content": "b", "role": "assistant"}]}',
  [
    ['é\n', '\\u00e9\\n'],
    ['b', 'b'],
  ],
);

test('an empty last turn of the assistant is what the model is to write', () => {
  expect(rendering(CHATML, 'prompt', chat('user: a', 'assistant:')).text).toBe(
    '<s><|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n',
  );
  expect(rendering(CHATML, 'prompt', chat('user: a', 'assistant: b')).text).toBe(
    '<s><|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n',
  );
});

test('a turn that the template changes is told and maps to nothing', () => {
  const rendered = rendering(
    CHATML.replace('m.content', '(m.content | upper)'),
    'prompt',
    chat('user: abc', 'assistant: D'),
  );
  expect(rendered.problems.map(({ code, range }) => [code, range.start.line])).toEqual([['chat-text-not-found', 3]]);
  expect(rendered.locate(rendered.text.indexOf('ABC'), rendered.text.indexOf('ABC') + 3)).toBeNull();
  expect(rendered.locate(rendered.text.indexOf('D'), rendered.text.indexOf('D') + 1)).not.toBeNull();
});

test('a span over template text and a turn is where the turn is written', () => {
  const rendered = rendering(CHATML, 'prompt', chat('user: abc'));
  const at = rendered.text.indexOf('abc');
  expect(rendered.locate(0, at + 1)).toEqual({ start: { line: 3, character: 6 }, end: { line: 3, character: 7 } });
  expect(rendered.locate(0, at - 1)).toBeNull();
});

test('plain text stays as it is', () => {
  const [unit] = parseText('txt', 'abc').units;
  expect(renderChat(unit!, render(CHATML)).text).toBe('abc');
});
