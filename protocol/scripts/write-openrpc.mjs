/** Writes protocol/openrpc.json and the tables of protocol/README.md from the built declarations. */
import { readFileSync, writeFileSync } from 'node:fs';
import { EDITOR_REQUESTS, methodTable, openRpcDocument, WORKSPACE_REQUESTS } from '../dist/index.js';

const file = (name) => new URL(`../${name}`, import.meta.url);
writeFileSync(file('openrpc.json'), `${JSON.stringify(openRpcDocument(), null, 2)}\n`);
const tables = {
  methods: methodTable(),
  editor: methodTable(EDITOR_REQUESTS),
  workspace: methodTable(WORKSPACE_REQUESTS),
};
let readme = readFileSync(file('README.md'), 'utf8');
for (const [name, table] of Object.entries(tables)) {
  const start = `<!-- ${name} -->\n`;
  const before = readme.slice(0, readme.indexOf(start) + start.length);
  readme = `${before}${table}${readme.slice(readme.indexOf(`\n<!-- /${name} -->`))}`;
}
writeFileSync(file('README.md'), readme);
