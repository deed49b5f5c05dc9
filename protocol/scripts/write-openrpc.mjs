/** Writes protocol/openrpc.json and the table of protocol/README.md from the built declarations. */
import { readFileSync, writeFileSync } from 'node:fs';
import { methodTable, openRpcDocument } from '../dist/index.js';

const file = (name) => new URL(`../${name}`, import.meta.url);
writeFileSync(file('openrpc.json'), `${JSON.stringify(openRpcDocument(), null, 2)}\n`);
const readme = readFileSync(file('README.md'), 'utf8');
const START = '<!-- methods -->\n';
const END = '\n<!-- /methods -->';
const before = readme.slice(0, readme.indexOf(START) + START.length);
writeFileSync(file('README.md'), `${before}${methodTable()}${readme.slice(readme.indexOf(END))}`);
