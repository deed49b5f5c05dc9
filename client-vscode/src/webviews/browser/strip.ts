/** The strip of a heat map: a bar per token, in reading order; arrow keys walk, Enter goes to the token. */
import { nameOf, titleOf } from '../../feature-ref.ts';
import { visible } from '../../format.ts';
import { stepOf, tellToken } from '../../views/heat-shades.ts';
import type { Heat, StripState } from '../messages.ts';
import { type Child, h, hear, show, wish } from './dom.ts';

/** The token that Tab reaches. */
let current = 0;

function render(state: StripState | null): void {
  if (!state) {
    show(
      h('p', { class: 'quiet' }, 'A heat map shows one feature on every token; none is on.'),
      h(
        'button',
        { type: 'button', class: 'button', 'data-key': 'choose', onclick: () => wish({ kind: 'heat' }) },
        'Show Heat Map of Feature …',
      ),
    );
    return;
  }
  const { feature, tokens, max, truncated } = state.heat;
  current = Math.min(current, Math.max(0, tokens.length - 1));
  show(
    h(
      'header',
      { class: 'strip-title' },
      h('strong', {}, h('bdi', {}, titleOf(feature))),
      feature.label === null ? null : h('code', {}, nameOf(feature)),
      h('span', { class: 'quiet' }, 'lines on screen'),
      h(
        'button',
        { type: 'button', class: 'button', 'data-key': 'clear', onclick: () => wish({ kind: 'clear' }) },
        'Clear',
      ),
    ),
    tokens.length === 0 ? h('p', { class: 'quiet' }, 'No tokens on these lines.') : list(state, max),
    truncated && h('p', { class: 'quiet' }, 'Only the first tokens of these lines are shown.'),
  );
}

function list(state: StripState, max: number): HTMLElement {
  const { tokens } = state.heat;
  const items = tokens.flatMap((token, at): Child[] => {
    const next = tokens[at + 1];
    const breaks = next !== undefined && (next.unit !== token.unit || token.text.endsWith('\n'));
    return [column(state, token, at, max), breaks && h('span', { class: 'break', 'aria-hidden': 'true' })];
  });
  return h(
    'div',
    {
      class: 'strip',
      role: 'toolbar',
      'aria-label': 'Activations by token',
      onkeydown: (event) => walk(event as KeyboardEvent),
    },
    ...items,
  );
}

function column({ uri }: StripState, token: Heat['tokens'][number], at: number, max: number): HTMLElement {
  const { range, text, share } = token;
  const bar = h('span', { class: `column heat${stepOf(share)}` });
  bar.style.blockSize = `${Math.round(share * 100)}%`;
  return h(
    'button',
    {
      type: 'button',
      class: 'token-bar',
      tabindex: at === current ? 0 : -1,
      'data-key': `token-${at}`,
      'aria-label': tellToken(token, max),
      title: tellToken(token, max),
      onfocus: () => {
        current = at;
      },
      onclick: () => range && wish({ kind: 'reveal', uri, range }),
    },
    h('span', { class: 'well' }, bar),
    h('bdi', { class: 'written' }, visible(text)),
  );
}

function walk(event: KeyboardEvent): void {
  const buttons = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('.token-bar')];
  const last = buttons.length - 1;
  const to = { ArrowRight: current + 1, ArrowLeft: current - 1, Home: 0, End: last }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const next = buttons[Math.min(last, Math.max(0, to))];
  for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
  next?.focus();
  next?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

hear(render);
