/** The part of a feature’s page that comes from the workspace: histogram, examples, near misses. */
import { number, plural } from '../../format.ts';
import { histogramBars } from '../histogram.ts';
import type { Evidence, Page, PageState } from '../messages.ts';
import { type Child, h, svg, wish } from './dom.ts';
import { exampleItem, section } from './parts.ts';

const WIDTH = 480;
const HEIGHT = 96;

export function evidenceSections({ evidence, progress }: PageState, { rates }: Page): Child[] {
  if (!evidence) return [section('activations', 'Activations in the workspace', waiting(progress))];
  const max = Math.max(evidence.histogram.max, rates.max ?? 0);
  const examples = evidence.quantiles.filter((quantile) => quantile.examples.length > 0);
  return [
    section('activations', 'Activations in the workspace', ...summary(evidence)),
    section(
      'examples',
      'Examples',
      ...examples.flatMap(({ name, examples: items }) => [
        h('h3', {}, `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`),
        h('ol', { class: 'rows' }, ...items.map((item, at) => exampleItem(item, max, `example-${name}-${at}`))),
      ]),
      examples.length === 0 && h('p', { class: 'quiet' }, 'It fires nowhere in the texts that were read.'),
    ),
    evidence.nearMisses.length > 0 &&
      section(
        'misses',
        'Near misses',
        h('p', { class: 'quiet' }, 'The same words as where it fires, and yet silent.'),
        h('ol', { class: 'rows' }, ...evidence.nearMisses.map((item, at) => exampleItem(item, max, `miss-${at}`))),
      ),
  ];
}

function waiting(progress: PageState['progress']): HTMLElement {
  const { message, fraction } = progress ?? { message: 'not looked for', fraction: null };
  if (!progress) {
    return h(
      'button',
      { type: 'button', class: 'button', 'data-key': 'search', onclick: () => wish({ kind: 'search' }) },
      'Search the Workspace',
    );
  }
  return h(
    'p',
    { role: 'status' },
    h('progress', { 'aria-label': 'Search', ...(fraction === null ? {} : { value: fraction, max: 1 }) }),
    ` ${message}`,
  );
}

function summary({ histogram, texts, tokens, firing, files, truncated }: Evidence): Child[] {
  const counted = `Fires on ${firing.toLocaleString('en')} of ${plural(tokens, 'token')} in ${plural(texts, 'text')}, ${plural(files.read, 'file')}.`;
  return [
    firing > 0 && picture(histogram, counted),
    h('p', {}, counted, truncated && ' The workspace holds more than was read.'),
    files.skipped > 0 &&
      h(
        'details',
        {},
        h('summary', { 'data-key': 'skipped' }, `${plural(files.skipped, 'file')} left out`),
        h('ul', {}, ...files.why.map((reason) => h('li', {}, h('bdi', {}, reason)))),
      ),
  ];
}

function picture(histogram: Evidence['histogram'], counted: string): HTMLElement {
  const bars = histogramBars(histogram, { width: WIDTH, height: HEIGHT });
  return h(
    'figure',
    {},
    svg(
      'svg',
      {
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        role: 'img',
        'aria-label': `Histogram of activations. ${counted}`,
        class: 'histogram',
      },
      ...bars.map(({ x, y, width, height, from, to, count }) =>
        svg(
          'rect',
          { x, y, width, height },
          svg('title', {}, `${number(from)} to ${number(to)}: ${plural(count, 'token')}`),
        ),
      ),
    ),
    h(
      'figcaption',
      {},
      h('span', {}, '0'),
      h('span', {}, 'tokens by activation, heights as square roots'),
      h('span', {}, number(histogram.max)),
    ),
  );
}
