import { mkdirSync, mkdtempSync, readdirSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { lockHolder, takeLock } from '../../server/src/daemon/lock.ts';
import { isAlive, ownIdentity } from '../../server/src/daemon/process-identity.ts';
import { createRoots, locateInside } from '../../server/src/daemon/roots.ts';
import { findDaemon, readToken, stateFolder, writeState, writeToken } from '../../server/src/daemon/state.ts';
import { expectError } from '../support/expect-error.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'sonde-daemon-')));
});

const DEAD = { pid: 2 ** 22 + 1, started: null };
const STATE = {
  pid: process.pid,
  version: '0',
  protocolVersion: 1,
  host: '127.0.0.1',
  port: 1,
  url: 'ws://127.0.0.1:1/rpc',
  token: 't',
  certificate: null,
};

describe('the lock', () => {
  const put = (number: number, identity: object): void =>
    writeFileSync(join(folder, `daemon.lock.${number}`), JSON.stringify(identity));

  test('is taken once, and free again after its release', () => {
    const first = takeLock(folder);
    expect(takeLock(folder)).toEqual({ holder: ownIdentity() });
    expect(lockHolder(folder)).toEqual(ownIdentity());
    if ('release' in first) first.release();
    expect(lockHolder(folder)).toBeNull();
    expect(takeLock(folder)).toHaveProperty('release');
  });

  test.each([
    ['a dead process', DEAD],
    ['a process whose id was given again', { pid: process.pid, started: '1' }],
    ['a file that no daemon wrote', {}],
  ])('of %s is taken over and cleared away', (_, identity) => {
    put(7, identity);
    expect(takeLock(folder)).toHaveProperty('release');
    expect(readdirSync(folder)).toEqual(['daemon.lock.8']);
  });

  test('of a living process stands, whatever dead ones lie above it', () => {
    put(3, ownIdentity());
    put(4, DEAD);
    expect(takeLock(folder)).toEqual({ holder: ownIdentity() });
  });

  test('leaves no drafts behind', () => {
    takeLock(folder);
    takeLock(folder);
    expect(readdirSync(folder)).toEqual(['daemon.lock.1']);
  });

  test('knows the living from the dead', () => {
    expect(isAlive(ownIdentity())).toBe(true);
    expect(isAlive(DEAD)).toBe(false);
  });
});

describe('the state', () => {
  test('names a daemon only while that very process holds the lock', () => {
    writeState(folder, STATE);
    expect(findDaemon(folder)).toBeNull();
    takeLock(folder);
    expect(findDaemon(folder)).toEqual(STATE);
    writeState(folder, { ...STATE, pid: 1 });
    expect(findDaemon(folder)).toBeNull();
    writeFileSync(join(folder, 'daemon.json'), '{');
    expect(findDaemon(folder)).toBeNull();
    expect(findDaemon(join(folder, 'absent'))).toBeNull();
  });

  test('holds a token of 256 random bits that only its owner may read', () => {
    const tokens = Array.from({ length: 20 }, () => writeToken(folder));
    expect(new Set(tokens.map(({ token }) => token)).size).toBe(20);
    expect(tokens.every(({ token }) => /^[\w-]{43}$/.test(token))).toBe(true);
    expect(readToken(tokens[0]!.path)).toBe(tokens[19]!.token);
    if (process.platform !== 'win32') expect(statSync(tokens[0]!.path).mode & 0o777).toBe(0o600);
  });

  test('lies where the variable or the system says', () => {
    expect(stateFolder({ SONDE_STATE_FOLDER: '/s', XDG_STATE_HOME: '/x' }, 'linux')).toBe('/s');
    expect(stateFolder({ XDG_STATE_HOME: '/x' }, 'linux')).toBe(join('/x', 'sonde'));
    expect(stateFolder({ LOCALAPPDATA: '/local' }, 'win32')).toBe(join('/local', 'sonde'));
    expect(stateFolder({}, 'darwin')).toContain('Application Support');
  });
});

describe('the roots', () => {
  /** inside/{model, file.bin, links…}, inside-not/secret, outside/secret. */
  function tree(): { inside: string; roots: ReturnType<typeof createRoots> } {
    const inside = join(folder, 'inside');
    for (const path of ['inside/model', 'inside/plain', 'inside/trick', 'inside-not/secret', 'outside/secret']) {
      mkdirSync(join(folder, path), { recursive: true });
    }
    writeFileSync(join(folder, 'outside', 'secret', 'weights'), 'x');
    writeFileSync(join(inside, 'file.bin'), 'x');
    writeFileSync(join(inside, 'plain', 'weights'), 'x');
    symlinkSync(join(inside, 'plain', 'weights'), join(inside, 'model', 'weights'));
    symlinkSync(join(folder, 'outside', 'secret', 'weights'), join(inside, 'trick', 'weights'));
    symlinkSync(join(folder, 'outside'), join(inside, 'way-out'));
    symlinkSync(join(inside, 'plain'), join(folder, 'outside', 'way-in'));
    return { inside, roots: createRoots([inside, join(folder, 'absent')], new Map([['tinyworld', '/embedded']])) };
  }

  test.each([
    ['a folder', 'inside/plain', 'inside/plain'],
    ['the root itself', 'inside/plain/..', null],
    ['a single file', 'inside/file.bin', 'inside/file.bin'],
    ['a way round', 'inside/model/../plain', 'inside/plain'],
    ['a folder whose links stay inside', 'inside/model', 'inside/model'],
    ['a link from outside that leads inside', 'outside/way-in', 'inside/plain'],
  ])('admit %s', (_, path, expected) => {
    const { roots } = tree();
    if (expected === null) {
      expectError('path-outside-roots', () => locateInside(roots, join(folder, path)), 'way-out');
      return;
    }
    expect(locateInside(roots, `${folder}/${path}`)).toBe(join(folder, expected));
  });

  test.each([
    ['..', 'inside/../outside/secret'],
    ['a folder outside', 'outside/secret'],
    ['a folder outside that does not exist', 'outside/nowhere'],
    ['a name that begins like a root', 'inside-not/secret'],
    ['a link that leads out', 'inside/way-out/secret'],
    ['a folder with a link that leads out', 'inside/trick'],
    ['the parent', 'inside/..'],
  ])('refuse %s', (_, path) => {
    const { roots } = tree();
    expectError('path-outside-roots', () => locateInside(roots, `${folder}/${path}`), '--root');
  });

  test('refuse the system’s folders, and null characters', () => {
    const { roots } = tree();
    expectError('path-outside-roots', () => locateInside(roots, '/etc'));
    expectError('path-outside-roots', () => locateInside(roots, '../../../../../../../../etc'));
    expectError('invalid-params', () => locateInside(roots, '/etc\0'));
  });

  test('tell of a missing folder inside, and know names that stand for folders', () => {
    const { roots, inside } = tree();
    expectError('file-not-found', () => locateInside(roots, join(inside, 'nowhere')));
    expect(locateInside(roots, 'tinyworld')).toBe('/embedded');
  });
});
