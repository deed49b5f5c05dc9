/** Imports, packages, cycles and sizes of the source tree keep the rules of CONVENTIONS; planted violations are found. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { importsOf, violations } from './support/architecture.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = new Map([
  ...readFolder('server/src'),
  ...readFolder('protocol/src'),
  ...readFolder('client-vscode/src'),
]);

function readFolder(folder: string): [string, string][] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[cm]?[jt]sx?$/.test(name))
    .sort()
    .map((name) => [`${folder}/${name.split(sep).join('/')}`, readFileSync(join(ROOT, folder, name), 'utf8')]);
}

const FOUND = violations(SOURCES);

/** What is new when a file is added to the tree. */
function planted(path: string, text: string): string[] {
  return violations(new Map([...SOURCES, [path, text]])).filter((line) => !FOUND.includes(line));
}

test('the tree keeps every rule', () => {
  expect(SOURCES.size).toBeGreaterThan(100);
  expect(FOUND).toEqual([]);
});

test('packages that are imported are declared', () => {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'server/package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const imported = [...SOURCES]
    .filter(([path]) => path.startsWith('server/'))
    .flatMap(([, text]) => importsOf(text))
    .filter((target) => !target.startsWith('.') && !target.startsWith('node:'))
    .map((target) => /^(@[^/]+\/)?[^/]+/.exec(target)![0]);
  expect([...new Set(imported)].filter((name) => !(name in dependencies))).toEqual([]);
  expect(imported.length).toBeGreaterThan(20);
});

const PLANTS: readonly (readonly [name: string, path: string, text: string, found: string])[] = [
  [
    'a room that may not be seen',
    'server/src/formats/x.ts',
    "import { fault } from '../graph/ir.ts';",
    'formats may not see graph',
  ],
  ['its types alone', 'server/src/core/x.ts', "import type { Graph } from '../graph/ir.ts';", 'core may not see graph'],
  [
    'a type inside an import',
    'server/src/runtime/x.ts',
    "import {\n  type Graph,\n} from '../graph/ir.ts';",
    'may not see graph',
  ],
  ['a re-export', 'server/src/model/x.ts', "export * from '../graph/ir.ts';", 'model may not see graph'],
  [
    'a dynamic import',
    'server/src/graph/x.ts',
    "const m = await import('../files/file-reader.ts');",
    'may not see files',
  ],
  ['a folder deep inside', 'server/src/model/a/b/x.ts', "import '../../../graph/ir.ts';", 'model may not see graph'],
  [
    'the runtime behind the engine',
    'server/src/engine/x.ts',
    "import { startRunner } from '../runtime/process-runner.ts';",
    'may not see runtime',
  ],
  [
    'the protocol from a method',
    'server/src/methods/x.ts',
    "import { z } from '@sonde/protocol';",
    'may not see protocol',
  ],
  ['an unknown room', 'server/src/utils/x.ts', 'export const x = 1;', 'utils, which is no room'],
  ['a loose file', 'server/src/helpers.ts', 'export const x = 1;', 'helpers.ts, which is no room'],
  ['a file that is not there', 'server/src/core/x.ts', "import './missing.ts';", 'no source file'],
  ['onnxruntime outside the runtime', 'server/src/graph/x.ts', "import 'onnxruntime-node';", 'confined to runtime'],
  [
    'a child process outside the runtime',
    'server/src/engine/x.ts',
    "import { fork } from 'node:child_process';",
    'confined',
  ],
  [
    'the file system in a parser',
    'server/src/formats/x.ts',
    "import { open } from 'node:fs/promises';",
    'confined to files',
  ],
  [
    'a tokenizer in a method',
    'server/src/methods/x.ts',
    "import { Tokenizer } from 'tokenizers';",
    'confined to model',
  ],
  ['a socket in the engine', 'server/src/engine/x.ts', "import { WebSocketServer } from 'ws';", 'confined to rpc'],
  ['msgpack in a language server', 'server/src/lsp/x.ts', "import { pack } from 'msgpackr';", 'confined to rpc'],
  ['the language server in rpc', 'server/src/rpc/x.ts', "import 'vscode-languageserver/node';", 'confined to lsp'],
  ['colours outside the command line', 'server/src/engine/x.ts', "import chalk from 'chalk';", 'confined to cli'],
  ['an import that is computed', 'server/src/core/x.ts', 'const m = await import(name);', 'no reader can know'],
  ['a default export', 'server/src/core/x.ts', 'export default 1;', 'default export'],
  ['a renamed default export', 'server/src/core/x.ts', 'const x = 1;\nexport { x as default };', 'default export'],
  ['a barrel', 'server/src/core/index.ts', 'export const x = 1;', 'barrel'],
  ['a long file', 'server/src/core/x.ts', '\n'.repeat(401), '401 lines'],
  ['more than zod in the protocol', 'protocol/src/x.ts', "import { readFileSync } from 'node:fs';", 'only zod'],
  ['the server in the client', 'client-vscode/src/x.ts', "import '@sonde/server';", 'only protocol and vscode'],
];

test.each(PLANTS)('finds %s', (_, path, text, found) => {
  const lines = planted(path, text);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(found);
});

test('finds a cycle between two files of a room', () => {
  const sources = new Map([
    ['server/src/core/a.ts', "import type { B } from './b.ts';\nexport type A = B;\n"],
    ['server/src/core/b.ts', "import type { A } from './a.ts';\nexport type B = A;\n"],
  ]);
  expect(violations(sources)).toEqual([
    'Imports go round: server/src/core/a.ts → server/src/core/b.ts → server/src/core/a.ts.',
  ]);
});

test('text in a comment is no import', () => {
  expect(importsOf("/** Use it as\n * import './a.ts';\n */\n// import './b.ts';\nimport './c.ts';\n")).toEqual([
    './c.ts',
  ]);
});
