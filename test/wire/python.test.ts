/** The Python example as it ships, against a real daemon. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { fromWireTensor } from '../../protocol/src/tensor.ts';
import { startTestDaemon } from '../support/daemon.ts';
import { pythonPlan } from '../support/python.ts';

const SCRIPT = fileURLToPath(new URL('../../server/examples/trace.py', import.meta.url));
const TEXT = 'the cat sat';

test('the Python script prints the tokens and the numbers that the client of Node gets', async () => {
  const plan = pythonPlan();
  if ('missing' in plan) throw new Error(plan.missing);
  const daemon = await startTestDaemon();
  try {
    const child = spawn(plan.executable, [SCRIPT, daemon.state.url, daemon.state.token, TEXT]);
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    const [code] = await once(child, 'close');
    expect(code, output).toBe(0);
    const client = await daemon.connect();
    const { runs } = await client.request('sonde/trace/features', { text: TEXT, k: 1 });
    const { tensors } = await client.request('sonde/trace/activations', { text: TEXT, hooks: ['hook_embed'] });
    await client.close();
    const tensor = fromWireTensor(tensors.hook_embed!);
    const lines = output.trimEnd().split('\n');
    expect(lines).toHaveLength(runs[0]!.tokens.length + 1);
    for (const [i, { features }] of runs[0]!.dictionaries[0]!.tokens.entries()) {
      for (const { index } of features) expect(lines[i]).toContain(`(${index}, `);
    }
    const [, shape, values] = /^hook_embed \[(.+)\] \((.+)\)$/.exec(lines.at(-1)!) ?? [];
    expect(shape!.split(', ').map(Number)).toEqual(tensor.shape);
    expect(values!.split(', ').map(Number)).toEqual(Array.from(tensor.data.slice(0, 4), Number));
  } finally {
    await daemon.end();
  }
});
