import { expect, test } from 'vitest';
import { type Copied, type CopyFormat, copyText } from '../../client-vscode/src/copy-formats.ts';
import { featureArgument, idOf, nameOf, parseAddress, parseName } from '../../client-vscode/src/feature-ref.ts';
import { number, percent, plural } from '../../client-vscode/src/format.ts';
import { escapeHtml, skeleton } from '../../client-vscode/src/webviews/skeleton.ts';
import { featureUri } from '../../server/src/lsp/feature-uri.ts';

const FEATURE: Copied = {
  dictionary: 'layer2',
  index: 40,
  label: 'a *list* of [links](x)\nand more',
  labelSource: 'Neuronpedia',
  labelScore: 0.8,
  model: 'tiny_world',
  density: 0.02,
  max: 7.5,
};

test.each<[CopyFormat, Copied, string]>([
  ['id', FEATURE, 'layer2/40'],
  [
    'markdown',
    FEATURE,
    '**a \\*list\\* of \\[links\\]\\(x\\) and more** (Neuronpedia) – `layer2/40` of tiny\\_world, max 7.50, density 2.0 %',
  ],
  ['markdown', { dictionary: 'layer2', index: 40, label: null }, '`layer2/40`'],
  ['json', { dictionary: 'a', index: 1, label: null, max: 0 }, '{\n  "dictionary": "a",\n  "index": 1,\n  "max": 0\n}'],
])('copied as %s', (format, feature, text) => expect(copyText(feature, format)).toBe(text));

test.each<[unknown, unknown]>([
  [
    { dictionary: 'a', index: 1 },
    { dictionary: 'a', index: 1 },
  ],
  [
    { dictionary: 'a', index: 1, uri: 'file:///x', more: true },
    { dictionary: 'a', index: 1, uri: 'file:///x' },
  ],
  [
    { kind: 'feature', feature: { dictionary: 'a', index: 1, label: 'x' } },
    { dictionary: 'a', index: 1 },
  ],
  [{ dictionary: 'a', index: -1 }, undefined],
  [{ dictionary: '', index: 1 }, undefined],
  [{ dictionary: 'a', index: '1' }, undefined],
  ['a/1', undefined],
  [null, undefined],
])('command argument %j', (value, feature) => expect(featureArgument(value)).toEqual(feature));

test.each([
  ['layer2/40', { dictionary: 'layer2', index: 40 }],
  [' org/name/blocks.8/7 ', { dictionary: 'org/name/blocks.8', index: 7 }],
  ['layer2 #40', { dictionary: 'layer2', index: 40 }],
  ['verbs', undefined],
])('typed name %s', (text, feature) => expect(parseName(text)).toEqual(feature));

test('numbers keep three digits, shares no false zero', () => {
  expect([0, 0.00012, 0.5, 12.34, 123.4, -2].map(number)).toEqual(['0', '0.00012', '0.50', '12.3', '123', '-2.00']);
  expect([0, 0.0001, 0.0123, 0.0996, 0.5, 1.2].map(percent)).toEqual([
    '0 %',
    '<0.1 %',
    '1.2 %',
    '10 %',
    '50 %',
    '120 %',
  ]);
  expect([plural(1, 'token'), plural(1200, 'token')]).toEqual(['1 token', '1,200 tokens']);
});

test('a page lets nothing in but its own script and style', () => {
  const html = skeleton({
    title: '</title><script>alert(1)</script>',
    nonce: 'abc',
    cspSource: 'vscode-resource:',
    scriptUri: 'vscode-resource:/a"b.js',
    styleUri: 'vscode-resource:/c.css',
  });
  const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(html)!;
  expect(policy).toBe(
    'default-src &#39;none&#39;; style-src vscode-resource:; script-src &#39;nonce-abc&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;',
  );
  expect(html.match(/<script/g)).toHaveLength(1);
  expect(html).toContain('a&quot;b.js');
  expect(escapeHtml(`<a b="c" d='e'>&`)).toBe('&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;');
});

test('a name and an id are read back, and so is the address of a page', () => {
  const feature = { dictionary: 'org/name blocks.8', index: 40 };
  expect([parseName(nameOf(feature)), parseName(idOf(feature))]).toEqual([feature, feature]);
  expect(parseAddress(featureUri({ model: '/tiny/world', ...feature }))).toEqual(feature);
  expect(['file:///a/b/40.md', 'sonde-feature:/a/b/x.md', 'sonde-feature:/a/~/1.md'].map(parseAddress)).toEqual(
    Array(3).fill(undefined),
  );
});
