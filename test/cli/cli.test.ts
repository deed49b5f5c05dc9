/** The command line as a script sees it: output, exit codes, errors. Each case is a process of its own. */
import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { fixturePath } from '../support/fixtures.ts';

const MAIN = fileURLToPath(new URL('../../server/dist/main.js', import.meta.url));
const GPT2 = fixturePath('models', 'gpt2');
/** No daemon of whoever runs the tests is found. */
const STATE = mkdtempSync(join(tmpdir(), 'sonde-cli-'));
const SAE = fixturePath('dictionaries', 'saelens-standard');

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function sonde(...args: string[]): Promise<Outcome> {
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', SONDE_STATE_FOLDER: STATE };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    }).stdin?.end();
  });
}

describe('sonde', () => {
  test('trace prints tokens, features, the unexplained share and predictions', async () => {
    const { code, stdout } = await sonde('trace', 'Hello', '-m', GPT2, '-d', SAE, '-p', '2', '--device', 'cpu');
    expect(code).toBe(0);
    expect(stdout).toContain('blocks.1.hook_resid_pre');
    expect(stdout).toContain('unexplained');
    expect(stdout).toContain('no label');
  });

  test('--json prints one document with the same numbers as the engine', async () => {
    const { code, stdout } = await sonde('trace', 'Hello', '-m', GPT2, '-d', SAE, '--device', 'cpu', '--json');
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result.runs[0].dictionaries[0]).toMatchObject({ d_sae: 64, hook_in: 'blocks.1.hook_resid_pre' });
    expect(result.runs[0].tokens.length).toBe(result.runs[0].dictionaries[0].tokens.length);
  });

  test('tokenize gives exact UTF-16 spans', async () => {
    const { code, stdout } = await sonde('tokenize', 'a👋b', '-m', GPT2, '--json');
    expect(code).toBe(0);
    const { tokens } = JSON.parse(stdout);
    expect(tokens[0]).toMatchObject({ start: 0, end: 1 });
    expect(tokens.at(-1)).toMatchObject({ start: 3, end: 4 });
    expect(tokens[1]).toMatchObject({ start: 1, end: 3, partial: true });
  });

  test('a wrong option, an absent model and an oversized model have exit codes of their own', async () => {
    expect((await sonde('trace', 'Hi', '--nonsense')).code).toBe(2);
    const absent = await sonde('trace', 'Hi', '-m', 'nobody/nothing', '--device', 'cpu');
    expect(absent).toMatchObject({ code: 3 });
    expect(absent.stderr).toContain('hf download nobody/nothing');
    expect((await sonde('trace', 'Hi', '-m', GPT2, '--memory-limit', '0.000001', '--device', 'cpu')).code).toBe(4);
  });

  test('with --json an error is a document too', async () => {
    const { code, stdout } = await sonde(
      'trace',
      'Hi',
      '-m',
      GPT2,
      '-d',
      fixturePath('dictionaries', 'dictionary-learning-batch-topk-unset'),
      '--device',
      'cpu',
      '--json',
    );
    expect(code).toBe(3);
    expect(JSON.parse(stdout).error.kind).toBe('unsupported-format');
  });

  test('doctor says why a device does not work', async () => {
    const { code, stdout } = await sonde('doctor', '--json');
    expect(code).toBe(0);
    const { devices } = JSON.parse(stdout) as { devices: { device: string; works: boolean; detail: string }[] };
    expect(devices.find(({ device }) => device === 'cpu')?.works).toBe(true);
    for (const { works, detail } of devices) if (!works) expect(detail.length).toBeGreaterThan(20);
  });
});
