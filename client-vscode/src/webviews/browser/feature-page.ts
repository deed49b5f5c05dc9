/** A feature’s page: what the weights say, what the workspace says, and its label. */
import { nameOf, titleOf } from '../../feature-ref.ts';
import { number, visible } from '../../format.ts';
import type { Page, PageState } from '../messages.ts';
import { type Child, h, hear, show, wish } from './dom.ts';
import { evidenceSections } from './evidence.ts';
import { fact, facts, failureNote, featureLink, meter, section, shareOrUnknown } from './parts.ts';

/** What a person is typing, or has saved and the server not yet read: a new state must not take it away. */
let draft: string | undefined;

function render(state: PageState): void {
  const { page } = state;
  if (!page) {
    show(h('h1', {}, state.name), failureNote(state.failure) || h('p', { role: 'status' }, 'Reading the weights …'));
    return;
  }
  document.title = titleOf(page.feature);
  if (draft === (page.feature.label ?? '')) draft = undefined;
  show(
    heading(page),
    actions(page),
    failureNote(state.failure),
    labelForm(page),
    section('rates', 'How often it fires', ratesOf(page)),
    ...evidenceSections(state, page),
    section('logits', 'Effect on the next token', ...logitsOf(page)),
    section('neighbours', 'Neighbours by decoder cosine', neighboursOf(page)),
    section('dictionary', 'Dictionary', dictionaryOf(page)),
  );
}

function heading({ feature, model }: Page): HTMLElement {
  return h(
    'header',
    {},
    h('h1', {}, h('bdi', {}, titleOf(feature))),
    h('p', { class: 'quiet' }, feature.label !== null && h('code', {}, nameOf(feature)), ` of ${model}`),
  );
}

function actions({ pinned }: Page): HTMLElement {
  const copy = (format: 'id' | 'json' | 'markdown', text: string): HTMLElement =>
    button(`copy-${format}`, text, () => wish({ kind: 'copy', format }));
  return h(
    'div',
    { class: 'actions', role: 'toolbar', 'aria-label': 'Feature' },
    button('heat', 'Heat Map', () => wish({ kind: 'heat' })),
    button('pin', pinned ? 'Unpin' : 'Pin', () => wish({ kind: 'pin', pinned: !pinned })),
    copy('id', 'Copy Id'),
    copy('json', 'Copy JSON'),
    copy('markdown', 'Copy Markdown'),
  );
}

function button(key: string, text: string, onclick: () => void): HTMLElement {
  return h('button', { type: 'button', class: 'button', 'data-key': key, onclick }, text);
}

function labelForm({ feature, labelMetric }: Page): HTMLElement {
  const input = h('input', {
    id: 'label',
    type: 'text',
    maxlength: 1000,
    dir: 'auto',
    placeholder: 'What does it mean?',
    'data-key': 'label',
    oninput: () => {
      draft = input.value;
    },
  });
  input.value = draft ?? feature.label ?? '';
  const save = (label: string | null): void => {
    draft = label ?? '';
    wish({ kind: 'relabel', label });
  };
  const source =
    feature.label === null
      ? 'No label yet.'
      : `From ${feature.labelSource}${feature.labelScore === null ? ', not scored' : `; ${labelMetric ?? 'score'} ${number(feature.labelScore)}`}.`;
  return h(
    'form',
    {
      class: 'label',
      onsubmit: (event) => {
        event.preventDefault();
        save(input.value.trim() || null);
      },
    },
    h('label', { for: 'label' }, 'Label'),
    input,
    h('button', { class: 'button primary', 'data-key': 'save' }, 'Save'),
    feature.label === null ? null : button('remove', 'Remove', () => save(null)),
    h('p', { class: 'quiet' }, source),
  );
}

function ratesOf({ rates, calibrationTokens, decoder_norm, encoder_decoder_cosine }: Page): HTMLElement {
  const { density, max, dense, bosOnly } = rates;
  return facts(
    fact('Density', shareOrUnknown(density), 'share of counted calibration tokens on which it fires'),
    fact('Largest activation', max === null ? 'not measured' : number(max)),
    fact(
      'Calibration',
      calibrationTokens === 0 ? 'not measured yet' : `${calibrationTokens.toLocaleString('en')} tokens`,
    ),
    fact('Kind', [dense ? 'dense' : '', bosOnly ? 'BOS only' : ''].filter(Boolean).join(', ') || null),
    fact('Encoder–decoder cosine', encoder_decoder_cosine === null ? null : number(encoder_decoder_cosine)),
    fact('Decoder norm', number(decoder_norm)),
  );
}

function logitsOf({ top_logits, bottom_logits, logitConvention }: Page): Child[] {
  if (!top_logits || !bottom_logits) return [h('p', { class: 'quiet' }, logitConvention)];
  const most = Math.max(1e-9, ...[...top_logits, ...bottom_logits].map(({ logit }) => Math.abs(logit)));
  const table = (title: string, side: 'up' | 'down', rows: typeof top_logits): HTMLElement =>
    h(
      'table',
      {},
      h('caption', {}, title),
      h(
        'thead',
        { class: 'spoken' },
        h('tr', {}, h('th', { scope: 'col' }, 'Token'), h('th', { scope: 'col' }, 'Logit')),
      ),
      h(
        'tbody',
        {},
        ...rows.map(({ text, logit }) =>
          h(
            'tr',
            {},
            h('td', {}, h('code', { class: 'token' }, h('bdi', {}, visible(text)))),
            h('td', { class: 'number' }, number(logit), meter(Math.abs(logit) / most, side)),
          ),
        ),
      ),
    );
  return [
    h('div', { class: 'pair' }, table('Pushed up', 'up', top_logits), table('Pushed down', 'down', bottom_logits)),
    h('p', { class: 'quiet' }, logitConvention),
  ];
}

function neighboursOf({ neighbours }: Page): HTMLElement {
  if (neighbours.length === 0) return h('p', { class: 'quiet' }, 'None.');
  return h(
    'ul',
    { class: 'rows' },
    ...neighbours.map((neighbour) =>
      h(
        'li',
        {},
        h('span', { class: 'strength' }, number(neighbour.cosine)),
        featureLink(neighbour, `neighbour-${nameOf(neighbour)}`),
      ),
    ),
  );
}

function dictionaryOf({ dictionary }: Page): HTMLElement {
  const { fit, hook_in, hook_out, prepend_bos } = dictionary;
  return facts(
    fact('Name', dictionary.name, dictionary.path),
    fact('Architecture', `${dictionary.architecture}, ${dictionary.d_sae.toLocaleString('en')} features`),
    fact('Hook', hook_in === hook_out ? hook_in : `${hook_in} → ${hook_out}`),
    fact('Folding', dictionary.folding),
    fact('BOS', prepend_bos === null ? null : prepend_bos ? 'prepended' : 'not prepended'),
    fact('Fit', fit.cause === null ? fit.status : `${fit.status}: ${fit.cause}`),
    fact('Unexplained', shareOrUnknown(fit.fvu), 'fraction of variance unexplained on calibration text'),
    fact('L0', fit.l0 === null ? 'not measured' : number(fit.l0)),
  );
}

hear(render);
