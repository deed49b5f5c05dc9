/** Chat templates: what they render, and how they fail. */
import { expect, test } from 'vitest';
import type { ErrorKind } from '../../server/src/core/errors.ts';
import { openChatTemplate } from '../../server/src/model/tokenizer/chat-template.ts';
import { expectError } from '../support/expect-error.ts';

const render = (template: string, content = ' Hi ', role = 'user'): string =>
  openChatTemplate(template, { bos: '<s>', eos: '</s>' }).render([{ role, content }]);

function check(name: string, template: string, expected: string): void {
  test(name, () => expect(render(template)).toBe(expected));
}

function fails(name: string, kind: ErrorKind, template: string): void {
  test(name, () => expectError(kind, () => render(template)));
}

check(
  'messages and marks are variables',
  '{{ bos_token }}{{ messages[0].role }}:{{ messages[0].content | trim }}{{ eos_token }}',
  '<s>user:Hi</s>',
);
check('blocks swallow their line breaks', '{% if true %}\na\n{% endif %}\nb', 'a\nb');
check('the date of today is not there', "{{ 'now' if strftime_now is defined else 'never' }}", 'never');
check(
  'ranges count as in Python',
  '{{ range(3) | join }}{{ range(5, 1, -2) | join }}{{ range(2, 4) | join }}',
  '0125323',
);

test('the header of an answer follows what is not the assistant’s', () => {
  const template = '{% if add_generation_prompt %}go{% endif %}';
  expect([render(template), render(template, 'x', 'assistant')]).toEqual(['go', '']);
});

fails('what is no Jinja is a broken file', 'corrupt-file', '{% if %}');
fails('so is an expression that nests without end', 'corrupt-file', `{{ ${'('.repeat(1e5)}1${')'.repeat(1e5)} }}`);
fails('a template may refuse its messages', 'invalid-text', "{{ raise_exception('roles must alternate') }}");
fails('unknown filters are not supported', 'unsupported-format', '{{ messages | nosuch }}');
fails('loops end', 'too-large', `${'{% for i in range(10000) %}'.repeat(3)}${'{% endfor %}'.repeat(3)}`);
fails('macros do not call themselves for ever', 'too-large', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}');
fails(
  'texts do not double without end',
  'too-large',
  "{% set n = namespace(x='ab') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
);
fails(
  'nor do lists',
  'too-large',
  '{% set n = namespace(x=[1]) %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}',
);
fails('ranges are bounded', 'too-large', '{{ range(100001) | length }}');
