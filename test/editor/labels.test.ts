/** Labels of the workspace: the file's lines, edits of it, imported explanations. */
import { describe, expect, test } from 'vitest';
import { appendEdit, type LabelEdit, labelEdit, readWorkspaceLabels } from '../../server/src/editor/labels.ts';
import { readExplanations } from '../../server/src/editor/neuronpedia.ts';
import { type Lines, linesOf } from '../../server/src/prompt/lines.ts';

const LAYER = { name: 'layer_2', digest: 'abc' };

function line(entry: object): string {
  return JSON.stringify({ dictionary: 'layer_2', feature: 1, label: 'one', ...entry });
}

describe('a label file', () => {
  test.each<[string, string[], string | null | undefined]>([
    ['names a feature', [line({})], 'one'],
    ['lets a later line win', [line({}), line({ label: 'two' })], 'two'],
    ['takes a label away by an empty one', [line({}), line({ label: '' })], null],
    [
      'is about the weights that a line gives, whatever they are called',
      [line({ dictionary: 'old', digest: 'abc' })],
      'one',
    ],
    ['says nothing of other weights of the same name', [line({ digest: 'other' })], undefined],
    [
      'leaves lines that are none alone',
      ['{"feature":', '[]', '"x"', line({ feature: -1 }), line({ label: 7 })],
      undefined,
    ],
  ])('%s', (_, lines, expected) => {
    const found = readWorkspaceLabels(linesOf(lines.join('\n')))
      .of(LAYER)
      .get(1);
    expect(found === null ? null : found?.label).toBe(expected);
  });
});

test('what an earlier folder says holds, of what it says nothing a later one’s does', () => {
  const [one, two] = [
    [line({}), line({ feature: 2, label: '' })],
    [line({ label: 'two' }), line({ feature: 2 }), line({ feature: 3 })],
  ];
  const labels = readWorkspaceLabels(linesOf(one.join('\n')), linesOf(two.join('\n')));
  expect([...labels.of(LAYER)].map(([feature, label]) => [feature, label?.label ?? null]).sort()).toEqual([
    [1, 'one'],
    [2, null],
    [3, 'one'],
  ]);
  expect(labels.entries).toHaveLength(2);
});

describe('an edit of the label file', () => {
  const apply = (lines: Lines, { range, text }: LabelEdit): Lines => lines.edit(range, text);
  const labelOf = (lines: Lines) => readWorkspaceLabels(lines).of(LAYER).get(1);

  test.each<[string, string]>([
    ['an empty file', ''],
    ['a file without a break at its end', line({ feature: 7 })],
    ['a file with one', `${line({ feature: 7 })}\n`],
    ['a file that names it already', `${line({})}\n${line({ feature: 7 })}\n`],
    ['a file that names it with weights', `${line({ digest: 'abc' })}\n`],
  ])('names a feature in %s and keeps the other lines', (_, text) => {
    const before = linesOf(text);
    const after = apply(before, labelEdit(before, LAYER, 1, 'named'));
    expect(labelOf(after)?.label).toBe('named');
    expect(readWorkspaceLabels(after).of(LAYER).get(7)?.label).toBe(text.includes('"feature":7') ? 'one' : undefined);
    const twice = apply(after, labelEdit(after, LAYER, 1, 'again'));
    expect([labelOf(twice)?.label, twice.count]).toEqual(['again', after.count]);
    expect(labelOf(apply(twice, labelEdit(twice, LAYER, 1, null)))).toBeNull();
  });

  test('appends lines of their own', () => {
    const lines = linesOf('x');
    expect(apply(lines, appendEdit(lines, ['a', 'b'])).text()).toBe('x\na\nb\n');
  });
});

describe('explanations of Neuronpedia', () => {
  const explanation = (entry: object): string =>
    JSON.stringify({ modelId: 'gpt2-small', layer: '6-res-jb', index: '10', description: ' ships  at sea ', ...entry });

  test('are found by their index, never by their place', () => {
    const { explanations } = readExplanations([explanation({}), explanation({ index: '2' })].join('\n'), 64);
    expect(explanations.map(({ feature, label }) => [feature, label])).toEqual([
      [2, 'ships at sea'],
      [10, 'ships at sea'],
    ]);
    expect(explanations[0]!.source).toContain('gpt2-small@6-res-jb');
  });

  test('of a person win over those of a model', () => {
    const lines = [
      explanation({ description: 'mine' }),
      explanation({ description: 'its', explanationModelName: 'm' }),
    ];
    expect(readExplanations(lines.join('\n'), 64).explanations[0]!.label).toBe('mine');
  });

  test('that do not fit are left out, each with a reason', () => {
    const lines = [
      '{',
      '7',
      explanation({ index: '64' }),
      explanation({ index: 'x' }),
      explanation({ description: '' }),
    ];
    const { explanations, skipped } = readExplanations(lines.join('\n'), 64);
    expect(explanations).toEqual([]);
    expect(skipped).toHaveLength(5);
    expect(skipped.join()).toContain('of another dictionary');
  });
});
