/** What the relay tells of files: nothing outside the workspace's folders, whatever is asked. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { workspaceAnswers } from '../../server/src/cli/workspace-answers.ts';

interface Rig {
  /** Its folder `inside` is the workspace. */
  readonly root: string;
  readonly pages: string;
  ask(method: string, params: object): Promise<unknown>;
  read(path: string, limit?: number): Promise<unknown>;
}

/** Files below a new folder; text that begins with `->` makes a link. */
function rig(files: Readonly<Record<string, string | Uint8Array>>, folders = ['inside']): Rig {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sonde-answers-')));
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(join(path, '..'), { recursive: true });
    if (typeof content === 'string' && content.startsWith('->')) symlinkSync(join(root, content.slice(2)), path);
    else writeFileSync(path, content);
  }
  const pages = join(root, 'pages');
  const answer = workspaceAnswers(() => folders.map((folder) => pathToFileURL(join(root, folder)).href), pages);
  const ask = async (method: string, params: object): Promise<unknown> => answer(method, params);
  return {
    root,
    pages,
    ask,
    read: (path, limit = 1000) => {
      const uri = path.includes(':') ? path : `${pathToFileURL(root).href}/${path}`;
      return ask('sonde/workspace/read', { uri, limit });
    },
  };
}

const NOTHING = { text: null, truncated: false };

describe('reading', () => {
  const files = {
    'inside/a.prompt': 'text',
    'inside/é ü.prompt': 'named',
    'outside/secret.txt': 'secret',
    'inside-not/secret.txt': 'secret',
    'inside/link.txt': '->outside/secret.txt',
    'inside/folder-link': '->outside',
    'inside/inner-link.txt': '->inside/a.prompt',
    'inside/zipped.jsonl.gz': gzipSync('zipped'),
    'inside/broken.gz': Uint8Array.of(0x1f, 0x8b, 1, 2, 3),
    'inside/latin1.txt': Uint8Array.of(0x63, 0x61, 0x66, 0xe9),
    'inside/empty.txt': '',
  };
  test.each<[path: string, text: string | null]>([
    ['inside/a.prompt', 'text'],
    ['inside/%C3%A9%20%C3%BC.prompt', 'named'],
    ['inside/inner-link.txt', 'text'],
    ['inside/zipped.jsonl.gz', 'zipped'],
    ['inside/empty.txt', ''],
    ['outside/secret.txt', null],
    ['inside-not/secret.txt', null],
    ['inside/../outside/secret.txt', null],
    ['inside/%2e%2e/outside/secret.txt', null],
    ['inside/..%2foutside/secret.txt', null],
    ['inside/link.txt', null],
    ['inside/folder-link/secret.txt', null],
    ['inside/latin1.txt', null],
    ['inside/broken.gz', null],
    ['inside/none.txt', null],
    ['inside', null],
    ['inside/', null],
    ['inside/a.prompt%00.txt', null],
    ['inside/%zz', null],
    ['http://127.0.0.1/inside/a.prompt', null],
    ['untitled:Untitled-1', null],
    ['file://elsewhere/inside/a.prompt', null],
  ])('%s', async (path, text) => {
    expect(await rig(files).read(path)).toEqual({ text, truncated: false });
  });

  test.each<[name: string, bytes: string | Uint8Array, limit: number, text: string]>([
    ['a text', 'abcdef', 4, 'abcd'],
    ['a text of just the limit', 'abcdef', 6, 'abcdef'],
    ['a character that is cut', 'aé', 2, 'a'],
    ['what is inside of a gzip file', gzipSync('x'.repeat(1_000_000)), 5, 'xxxxx'],
  ])('%s beyond the limit comes as its beginning', async (_, bytes, limit, text) => {
    const truncated = text !== bytes;
    expect(await rig({ 'inside/a.txt': bytes }).read('inside/a.txt', limit)).toEqual({ text, truncated });
  });

  test('without a folder nothing is read', async () => {
    expect(await rig(files, []).read('inside/a.prompt')).toEqual(NOTHING);
  });
});

describe('listing', () => {
  const list = async (files: Parameters<typeof rig>[0], limit = 100) => {
    const one = rig(files);
    const { files: found, truncated } = (await one.ask('sonde/workspace/list', { limit })) as {
      files: { uri: string; size: number }[];
      truncated: boolean;
    };
    const names = found.map(({ uri, size }) => `${fileURLToPath(uri).slice(one.root.length + 1)} ${size}`);
    return { names: names.sort(), truncated };
  };

  test('tells prompts, datasets and labels with their sizes, and follows no link', async () => {
    const { names, truncated } = await list({
      'inside/a.prompt': '1',
      'inside/B.JSONL': '12',
      'inside/deep/er/c.csv': '123',
      'inside/.sonde/labels.jsonl': '',
      'inside/code.ts': '',
      'inside/node_modules/x.txt': '',
      'inside/.git/x.txt': '',
      'outside/d.txt': '',
      'inside/link.txt': '->outside/d.txt',
      'inside/round': '->inside',
    });
    expect(names).toEqual([
      'inside/.sonde/labels.jsonl 0',
      'inside/B.JSONL 2',
      'inside/a.prompt 1',
      'inside/deep/er/c.csv 3',
    ]);
    expect(truncated).toBe(false);
  });

  test('ends at the limit, and says so', async () => {
    const many = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`inside/${i}.txt`, '']));
    const { names, truncated } = await list(many, 3);
    expect(names).toHaveLength(3);
    expect(truncated).toBe(true);
  });
});

describe('pages', () => {
  test('are files that are not to be written, replaced whole', async () => {
    const one = rig({});
    for (const text of ['# first', '# second']) {
      const { uri } = (await one.ask('sonde/workspace/page', { name: 'a-1.md', text })) as { uri: string };
      expect(readFileSync(fileURLToPath(uri), 'utf8')).toBe(text);
      expect(statSync(fileURLToPath(uri)).mode & 0o777).toBe(0o400);
    }
    expect(readdirSync(one.pages)).toEqual(['a-1.md']);
  });

  test.each(['..', '.', '../x.md', 'a/b.md', '', '.hidden', 'a\0b'])('a name such as %j is refused', async (name) => {
    const one = rig({ 'pages/kept.md': '' });
    await expect(one.ask('sonde/workspace/page', { name, text: 'x' })).rejects.toThrow();
    expect(readdirSync(one.pages)).toEqual(['kept.md']);
    expect(existsSync(join(one.root, 'x.md'))).toBe(false);
  });
});

test('other messages are none of its business', async () => {
  expect(await rig({}).ask('workspace/configuration', {})).toBeUndefined();
});
