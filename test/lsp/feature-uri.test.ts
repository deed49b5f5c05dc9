/** Addresses of feature pages survive every library that reads and writes URIs. */
import { expect, test } from 'vitest';
import { featureUri, parseFeatureUri } from '../../server/src/lsp/feature-uri.ts';

test.each(['tinyworld', '/abs/path/gpt2', 'org/name', 'C:\\models\\a b', "it's (1)!*~%2F", 'ü😀?#'])(
  'of %s',
  (name) => {
    const address = { model: name, dictionary: `${name}/blocks.8`, index: 40 };
    const uri = featureUri(address);
    expect(parseFeatureUri(uri)).toEqual(address);
    // Unreserved characters only: nobody has a reason to spell them otherwise.
    expect(uri).toMatch(/^sonde-feature:\/[\w.~-]+\/[\w.~-]+\/40\.md$/);
  },
);

test.each(['file:///a/b/1.md', 'sonde-feature:/a/1.md', 'sonde-feature:/a/~/1.md'])('%s is none', (uri) => {
  expect(parseFeatureUri(uri)).toBeNull();
});
