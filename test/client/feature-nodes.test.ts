import type { EditorResult } from '@sonde/protocol';
import { expect, test } from 'vitest';
import { type FeatureLists, type FeatureNode, featureNodes } from '../../client-vscode/src/views/feature-nodes.ts';

type Features = EditorResult<'sonde/editor/features'>;
type Listed = Features['features'][number];

const named = (index: number) => ({
  dictionary: 'layer2',
  index,
  label: null as string | null,
  labelSource: null,
  labelScore: null,
});
const listed = (index: number, more: Partial<Listed> = {}): Listed => ({
  ...named(index),
  density: 0.02,
  max: 8,
  dense: false,
  bosOnly: false,
  activation: 2,
  tokens: 3,
  range: null,
  pinned: false,
  ...more,
});
const features = (more: Partial<Features>): Features => ({
  token: null,
  dictionaries: [],
  features: [],
  hidden: 0,
  truncated: false,
  ...more,
});
const EMPTY: FeatureLists = { token: undefined, document: undefined, pinned: [], linesOnly: false };

/** The tree as indented lines. */
function written(nodes: readonly FeatureNode[], indent = ''): string[] {
  return nodes.flatMap((node) => [
    `${indent}${node.label}${node.description && ` [${node.description}]`}`,
    ...(node.kind === 'group' ? written(node.children, `${indent}  `) : []),
  ]);
}

function check(lists: Partial<FeatureLists>, expected: readonly string[]): void {
  expect(written(featureNodes({ ...EMPTY, ...lists }))).toEqual(expected);
}

test('before anything is heard the groups stand already', () => check({}, ['Token', 'Document']));

test('the unexplained share of each dictionary stands above the features', () => {
  check(
    {
      token: features({
        token: { text: ' there\n', range: null, unexplained: [{ dictionary: 'layer2', share: 0.084, l0: 12 }] },
        features: [listed(40, { label: 'a sentence begins' }), listed(41, { dense: true })],
        hidden: 2,
      }),
      document: features({
        dictionaries: [{ name: 'layer2', hook: 'blocks.2.hook_resid_post', fit: 'fits', fvu: null, l0: 15.5 }],
        features: [listed(7)],
        truncated: true,
      }),
    },
    [
      'Token ‘ there⏎’ [2]',
      '  8.4 % unexplained [layer2 · 12 active features]',
      '  a sentence begins [2.00 (25 % of max) · layer2 #40]',
      '  layer2 #41 [2.00 (25 % of max) · dense]',
      '  2 features hidden [dense or BOS only]',
      'Document [1+]',
      '  unexplained share unknown [layer2 · L0 15.5 · fits]',
      '  layer2 #7 [2.00 (25 % of max)]',
    ],
  );
});

test('a pinned feature tells its activation at the token, else in the document, else that it is silent', () => {
  const lists = {
    pinned: [40, 7, 9].map(named),
    token: features({ features: [listed(40, { activation: 4 })] }),
    document: features({ features: [listed(40, { activation: 8 }), listed(7)] }),
  };
  const [group] = featureNodes({ ...EMPTY, ...lists });
  expect(written([group!])).toEqual([
    'Pinned [3]',
    '  layer2 #40 [4.00 (50 % of max)]',
    '  layer2 #7 [2.00 (25 % of max)]',
    '  layer2 #9 [silent here]',
  ]);
});

test('what a screen reader says of a feature needs neither colour nor icon', () => {
  const [token] = featureNodes({
    ...EMPTY,
    token: features({ features: [listed(40, { label: 'verbs', dense: true, pinned: true })] }),
  });
  const [feature] = token!.kind === 'group' ? token!.children : [];
  expect(feature).toMatchObject({ spoken: 'verbs, layer2 #40, activation 2.00 (25 % of max), dense, pinned' });
});

test('ids are unique, so that the tree keeps its selection', () => {
  const both = features({ features: [listed(40), listed(41)] });
  const ids = featureNodes({ ...EMPTY, token: both, document: both, pinned: [named(40)] }).flatMap((node) =>
    node.kind === 'group' ? [node.id, ...node.children.map(({ id }) => id)] : [node.id],
  );
  expect(new Set(ids).size).toBe(ids.length);
});
