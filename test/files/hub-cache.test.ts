import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readText } from '../../server/src/files/file-reader.ts';
import { hubCacheFolder, locateFolder } from '../../server/src/files/hub-cache.ts';
import { expectError } from '../support/expect-error.ts';

const COMMIT = 'a'.repeat(40);
const OLDER = 'b'.repeat(40);
let cache = '';
const environment = () => ({ HF_HUB_CACHE: cache });

/** A cache as huggingface_hub writes it: snapshots of links into blobs. */
function addRepo(id: string, refs: Record<string, string>, files: readonly string[]): void {
  const repo = join(cache, `models--${id.replaceAll('/', '--')}`);
  mkdirSync(join(repo, 'refs'), { recursive: true });
  mkdirSync(join(repo, 'blobs'));
  for (const [ref, commit] of Object.entries(refs)) writeFileSync(join(repo, 'refs', ref), commit);
  for (const commit of new Set([COMMIT, ...Object.values(refs)])) {
    for (const file of files) {
      const path = join(repo, 'snapshots', commit, file);
      mkdirSync(join(path, '..'), { recursive: true });
      const blob = join(repo, 'blobs', `${commit}-${file.replaceAll('/', '-')}`);
      writeFileSync(blob, `${id} ${commit} ${file}`);
      symlinkSync(blob, path);
    }
  }
}

beforeAll(() => {
  cache = mkdtempSync(join(tmpdir(), 'sonde-hub-'));
  addRepo('org/name', { main: COMMIT, step1000: OLDER }, ['config.json', 'layer_3/width_16k/params.npz']);
  addRepo('gpt2', { main: COMMIT }, ['config.json']);
});
afterAll(() => rmSync(cache, { recursive: true }));

describe('a name', () => {
  it('of a folder is that folder', () => {
    expect(locateFolder(cache, environment())).toEqual({ folder: cache, repo: null });
  });

  it.each([
    ['org/name', COMMIT, 'main', ''],
    ['org/name@step1000', OLDER, 'step1000', ''],
    [`org/name@${COMMIT}`, COMMIT, COMMIT, ''],
    ['org/name/layer_3/width_16k', COMMIT, 'main', 'layer_3/width_16k'],
    ['org/name@step1000/layer_3/', OLDER, 'step1000', 'layer_3'],
    ['gpt2', COMMIT, 'main', ''],
  ])('%s is found in the cache', (name, commit, revision, sub) => {
    const id = name.startsWith('org') ? 'org/name' : 'gpt2';
    const repo = join(cache, `models--${id.replace('/', '--')}`, 'snapshots', commit);
    expect(locateFolder(name, environment())).toEqual({ folder: join(repo, sub), repo: { id, revision, commit } });
  });

  it('reads through the links of the snapshot', () => {
    const { folder } = locateFolder('org/name', environment());
    expect(readText(join(folder, 'config.json'))).toBe(`org/name ${COMMIT} config.json`);
  });

  it.each([
    ['org/other', 'hf download org/other'],
    ['org/name@v2', 'hf download org/name --revision v2'],
    ['org/name/layer_9', 'hf download org/name --include "layer_9/*"'],
    ['pythia', 'hf download pythia'],
  ])('%s that is not cached prints the download command', (name, command) => {
    const error = expectError('file-not-found', () => locateFolder(name, environment()), command);
    expect(error.data.command).toBe(command);
  });

  it('of an absent revision lists the cached ones', () => {
    expectError('file-not-found', () => locateFolder('org/name@v2', environment()), 'main', 'step1000');
  });

  it.each(['/no/such/folder', './model', '../model', '~/model'])('%s is a path, never a repository', (name) => {
    const error = expectError('file-not-found', () => locateFolder(name, environment()), 'does not exist');
    expect(error.data.command).toBeUndefined();
  });

  it.each(['a b', 'org/name/../..', 'org/name@..', ''])('"%s" is neither', (name) => {
    expectError('invalid-params', () => locateFolder(name, environment()), 'org/name[@revision][/folder]');
  });
});

describe('the cache folder', () => {
  it.each([
    [{ HF_HUB_CACHE: '/a', HF_HOME: '/b', XDG_CACHE_HOME: '/c' }, '/a'],
    [{ HUGGINGFACE_HUB_CACHE: '/d', HF_HOME: '/b' }, '/d'],
    [{ HF_HOME: '/b', XDG_CACHE_HOME: '/c' }, '/b/hub'],
    [{ HF_HOME: '~/hf' }, join(homedir(), 'hf', 'hub')],
    [{ XDG_CACHE_HOME: '/c' }, '/c/huggingface/hub'],
    [{}, join(homedir(), '.cache', 'huggingface', 'hub')],
  ])('of %j', (variables, folder) => {
    expect(hubCacheFolder(variables)).toBe(folder);
  });
});
