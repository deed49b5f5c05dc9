/** Two texts side by side: tokens aligned, and what each gains and loses. */
import { nameOf, titleOf } from '../../feature-ref.ts';
import { number, visible } from '../../format.ts';
import type { CompareState, Comparison } from '../messages.ts';
import { type Child, h, hear, show, wish } from './dom.ts';
import { failureNote, featureLink, section } from './parts.ts';

type Change = Comparison['gained'][number];
type Token = Comparison['tokens'][number];

/** Changes of a token that are shown at once. */
const FEW = 3;

function render({ comparison, uris, failure }: CompareState): void {
  if (!comparison) {
    show(h('h1', {}, 'Compare prompts'), failureNote(failure) || h('p', { role: 'status' }, 'Comparing …'));
    return;
  }
  const { before, after, gained, lost, tokens, warnings } = comparison;
  show(
    h('h1', {}, h('bdi', {}, before.title), ' → ', h('bdi', {}, after.title)),
    failureNote(failure),
    ...warnings.map((warning) => h('p', { class: 'warning' }, warning)),
    section(
      'sums',
      'Over the whole text',
      h('div', { class: 'pair' }, changes('Gained', 'gained', gained), changes('Lost', 'lost', lost)),
    ),
    section(
      'tokens',
      'Token by token',
      h(
        'table',
        { class: 'aligned' },
        h(
          'thead',
          {},
          h('tr', {}, ...['Before', 'After', 'Gained', 'Lost'].map((title) => h('th', { scope: 'col' }, title))),
        ),
        h('tbody', {}, ...tokens.map((token, at) => row(token, at, uris))),
      ),
    ),
  );
}

function changes(title: string, key: string, list: readonly Change[]): HTMLElement {
  return h(
    'div',
    {},
    h('h3', {}, title),
    list.length === 0
      ? h('p', { class: 'quiet' }, 'Nothing.')
      : h('ul', { class: 'rows' }, ...list.map((change) => changeItem(change, key))),
  );
}

function changeItem(change: Change, key: string): HTMLElement {
  return h(
    'li',
    { title: `${titleOf(change)}: ${number(change.before)} before, ${number(change.after)} after` },
    h('span', { class: 'strength' }, `${number(change.before)} → ${number(change.after)}`),
    featureLink(change, `${key}-${nameOf(change)}`),
  );
}

function row({ before, after, gained, lost }: Token, at: number, uris: CompareState['uris']): HTMLElement {
  const changed = before?.text !== after?.text;
  return h(
    'tr',
    changed ? { class: 'changed' } : {},
    h('td', {}, tokenButton(before, uris.before, `before-${at}`)),
    h('td', {}, tokenButton(after, uris.after, `after-${at}`)),
    h('td', {}, few(gained, `gained-${at}`)),
    h('td', {}, few(lost, `lost-${at}`)),
  );
}

/** The first changes of a token; the others behind a word. */
function few(list: readonly Change[], key: string): Child {
  if (list.length === 0) return null;
  const items = list.map((change) => changeItem(change, key));
  const rest = items.splice(FEW);
  return h(
    'div',
    {},
    h('ul', { class: 'rows' }, ...items),
    rest.length > 0 &&
      h(
        'details',
        {},
        h('summary', { class: 'quiet', 'data-key': `${key}-more` }, `${rest.length} more`),
        h('ul', { class: 'rows' }, ...rest),
      ),
  );
}

function tokenButton(token: Token['before'], uri: string, key: string): Child {
  if (!token) return h('span', { class: 'quiet', 'aria-label': 'no token' }, '–');
  const { text, range } = token;
  const written = h('code', { class: 'token' }, h('bdi', {}, visible(text)));
  if (!range) return written;
  return h(
    'button',
    { type: 'button', class: 'link', 'data-key': key, onclick: () => wish({ kind: 'reveal', uri, range }) },
    written,
  );
}

hear(render);
