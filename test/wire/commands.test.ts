/** Commands and the daemon: which use one that runs, and what the quickstart does with and without one. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXIT_CHECK_FAILED } from '../../server/src/cli/exit-codes.ts';
import { findDaemon } from '../../server/src/daemon/state.ts';
import { DICTIONARY, MODEL, sonde, startTestDaemon, type TestDaemon } from '../support/daemon.ts';

let daemon: TestDaemon;
let environment: Record<string, string>;
beforeAll(async () => {
  daemon = await startTestDaemon([], { SONDE_LOG_LEVEL: 'debug' });
  environment = { SONDE_STATE_FOLDER: daemon.folder, NO_COLOR: '1', FORCE_COLOR: '0' };
});
afterAll(() => daemon?.end());

/** Requests that the daemon answered while a command ran, and the command's exit code and result. */
async function run(...args: string[]): Promise<{ requests: string[]; code: number | null; result: unknown }> {
  const before = daemon.log().length;
  const { code, stdout } = await sonde([...args, '--json'], environment);
  const lines = daemon.log().slice(before).split('\n').filter(Boolean);
  const requests = lines.flatMap((line) => (JSON.parse(line) as { method?: string }).method ?? []);
  return { requests, code, result: JSON.parse(stdout) };
}

test.each([
  ['trace', ['trace', 'the cat', '-m', MODEL, '-d', DICTIONARY], 'sonde/trace/features', 0],
  ['tokenize', ['tokenize', 'the cat', '-m', MODEL], 'sonde/text/tokenize', 0],
  ['selftest', ['selftest', '-m', MODEL], 'sonde/model/verify', 0],
  // The dictionary is of random weights: no fit for anything.
  ['check', ['check', '-m', MODEL, '-d', DICTIONARY], 'sonde/dictionary/check', EXIT_CHECK_FAILED],
])('%s is computed by the daemon that runs', async (_, args, method, expected) => {
  const { requests, code } = await run(...args);
  expect(requests).toContain(method);
  expect(code).toBe(expected);
});

test.each([
  ['tokenize', ['tokenize', 'the cat', '-m', MODEL]],
  ['selftest', ['selftest', '-m', MODEL]],
])('%s gives the same without it', async (_, args) => {
  const [through, here] = [await run(...args), await run(...args, '--no-daemon')];
  expect(here.requests).toEqual([]);
  expect(here).toMatchObject({ code: through.code, result: through.result });
});

test('doctor names the daemon that runs', async () => {
  const { stdout } = await sonde(['doctor', '--json'], environment);
  expect(JSON.parse(stdout).daemon).toEqual(daemon.state);
});

test('the quickstart goes through the daemon that runs, shows a script that works, and leaves it', async () => {
  const { code, stdout } = await sonde(['quickstart', '--once'], environment);
  expect(code).toBe(0);
  expect(stdout).toContain('How to read this');
  expect(stdout).toContain(daemon.state.url);
  expect(stdout).toContain(daemon.state.token);
  const [, script] = stdout.split('paste this into a shell:\n');
  const pasted = spawnSync('bash', ['-c', script!], { encoding: 'utf8' });
  expect(pasted.stderr).toBe('');
  expect(pasted.stdout).toContain('activation');
  expect(findDaemon(daemon.folder)).toEqual(daemon.state);
});

test('without one the quickstart starts a daemon, annotates the prompt through it, and ends it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-wire-'));
  const { code, stdout } = await sonde(['quickstart', '--once', '--json'], { SONDE_STATE_FOLDER: folder });
  expect(code).toBe(0);
  const { url, result } = JSON.parse(stdout);
  expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/rpc$/);
  const [run] = result.runs;
  expect(run.tokens.length).toBeGreaterThan(10);
  expect(run.dictionaries[0].tokens).toHaveLength(run.tokens.length);
  expect(run.predictions).toHaveLength(run.tokens.length);
  expect(findDaemon(folder)).toBeNull();
});
