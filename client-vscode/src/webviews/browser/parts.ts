/** Pieces that several pages show. */
import { nameOf } from '../../feature-ref.ts';
import { number, percent, visible } from '../../format.ts';
import { stepOf, tellToken } from '../../views/heat-shades.ts';
import type { Example, Feature } from '../messages.ts';
import { type Child, h, wish } from './dom.ts';

/** A section with a heading; its heading names it for screen readers. */
export function section(id: string, title: string, ...children: readonly Child[]): HTMLElement {
  return h('section', { 'aria-labelledby': id }, h('h2', { id }, title), ...children);
}

/** A button that opens a feature’s page: its label, then its name. */
export function featureLink(feature: Feature, key: string): HTMLElement {
  const { dictionary, index, label } = feature;
  return h(
    'button',
    {
      class: 'link',
      type: 'button',
      'data-key': key,
      onclick: () => wish({ kind: 'open', dictionary, index }),
    },
    label === null ? null : h('bdi', {}, label),
    label === null ? null : ' ',
    h('code', {}, nameOf(feature)),
  );
}

/** A pair of a term and what is said of it; null says nothing. */
export function fact(term: string, value: string | null, title = ''): Child {
  return value === null
    ? null
    : h('div', { class: 'fact', ...(title ? { title } : {}) }, h('dt', {}, term), h('dd', {}, value));
}

export function facts(...children: readonly Child[]): HTMLElement {
  return h('dl', { class: 'facts' }, ...children);
}

/** A stretch of text with its tokens shaded; a click opens the file at the token. */
export function exampleItem(example: Example, max: number, key: string): HTMLElement {
  const { uri, range, activation, tokens, at } = example;
  const where = uri.split('/').at(-1) ?? uri;
  const line = range ? `${decoded(where)}:${range.start.line + 1}` : decoded(where);
  const text = h(
    'bdi',
    { class: 'context' },
    ...tokens.map(({ text: written, activation: strength }, index) =>
      h(
        'span',
        {
          class: `heat${stepOf(max > 0 ? strength / max : 0)}${index === at ? ' peak' : ''}`,
          title: tellToken(
            { text: written, activation: strength, share: max > 0 ? strength / max : 0, range, unit: 0 },
            max,
          ),
        },
        visible(written),
      ),
    ),
  );
  const content = [h('span', { class: 'strength' }, number(activation)), text, h('span', { class: 'where' }, line)];
  if (!range) return h('li', {}, h('span', { class: 'example' }, ...content));
  return h(
    'li',
    {},
    h(
      'button',
      {
        class: 'example',
        type: 'button',
        'data-key': key,
        'aria-label': `${tokens[at]?.text ?? ''}, activation ${number(activation)}, ${line}: ${tokens.map((token) => token.text).join('')}`,
        onclick: () => wish({ kind: 'reveal', uri, range }),
      },
      ...content,
    ),
  );
}

/** A number as a bar beside it; `share` of the full width. */
export function meter(share: number, side: 'up' | 'down' = 'up'): HTMLElement {
  const bar = h('span', { class: `bar ${side}` });
  bar.style.inlineSize = percentWidth(share);
  return h('span', { class: 'track', 'aria-hidden': 'true' }, bar);
}

function percentWidth(share: number): string {
  return `${Math.round(Math.min(1, Math.max(0, share)) * 100)}%`;
}

export function failureNote(failure: string | null): Child {
  return failure === null ? null : h('p', { class: 'failure', role: 'alert' }, failure);
}

export function shareOrUnknown(share: number | null): string {
  return share === null ? 'not measured' : percent(share);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
