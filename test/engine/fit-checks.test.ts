/** Checks in the background: one after the other, ended with their dictionary, failures told. */
import { expect, test } from 'vitest';
import { SondeError } from '../../server/src/core/errors.ts';
import type { FitReport } from '../../server/src/dictionary/fit-check.ts';
import { createEngine } from '../../server/src/engine/engine.ts';
import { type FitChecks, fitChecks } from '../../server/src/engine/fit-checks.ts';
import { type AttachedDictionary, type LoadedModel, UNCHECKED } from '../../server/src/engine/models.ts';
import { fixturePath } from '../support/fixtures.ts';
import { sharedRunner } from '../support/runner.ts';

const MODEL = {} as LoadedModel;
const attachedAs = (name: string): AttachedDictionary =>
  ({ dictionary: { name }, fit: UNCHECKED }) as unknown as AttachedDictionary;

interface Running {
  readonly name: string;
  readonly signal: AbortSignal;
  end(error?: Error): void;
}

/** Checks whose measurements end when told to. */
function rig(): { checks: FitChecks; running: Running[] } {
  const running: Running[] = [];
  const checks = fitChecks(
    (_, { dictionary: { name } }, signal) =>
      new Promise<FitReport>((resolve, reject) => {
        running.push({ name, signal, end: (error) => (error ? reject(error) : resolve({} as FitReport)) });
        signal.addEventListener('abort', () => reject(new SondeError('cancelled', 'no longer wanted')));
      }),
  );
  return { checks, running };
}

const names = (running: readonly Running[]): string[] => running.map(({ name }) => name);

test('checks run one after the other, in the order of attachment', async () => {
  const { checks, running } = rig();
  for (const name of ['a', 'b', 'c']) checks.enqueue(MODEL, attachedAs(name));
  for (const expected of [['a'], ['a', 'b'], ['a', 'b', 'c']]) {
    await expect.poll(() => names(running)).toEqual(expected);
    running.at(-1)!.end();
  }
});

test('a dictionary that leaves ends its check, and one that waits is never begun', async () => {
  const { checks, running } = rig();
  const [a, b, c] = ['a', 'b', 'c'].map(attachedAs) as [AttachedDictionary, AttachedDictionary, AttachedDictionary];
  for (const attached of [a, b, c]) checks.enqueue(MODEL, attached);
  await expect.poll(() => names(running)).toEqual(['a']);
  checks.cancel(b);
  checks.cancel(a);
  expect(running[0]!.signal.aborted).toBe(true);
  await expect.poll(() => names(running)).toEqual(['a', 'c']);
  checks.cancelAll();
  expect(running[1]!.signal.aborted).toBe(true);
  expect([a, b, c].map(({ fit }) => fit)).toEqual([UNCHECKED, UNCHECKED, UNCHECKED]);
});

test('a check that fails leaves the fit unchecked with the reason, and the next one runs', async () => {
  const { checks, running } = rig();
  const [a, b] = [attachedAs('a'), attachedAs('b')];
  checks.enqueue(MODEL, a);
  checks.enqueue(MODEL, b);
  await expect.poll(() => names(running)).toEqual(['a']);
  running[0]!.end(new Error('the file went away'));
  await expect.poll(() => names(running)).toEqual(['a', 'b']);
  expect(a.fit).toEqual({ ...UNCHECKED, cause: 'the fit check failed: the file went away' });
});

const runner = sharedRunner();

test('a trace from before the check shows its verdict afterwards, without being computed again', async () => {
  const limits = { modelMemoryLimit: 2 ** 30, sessionMemoryLimit: 2 ** 30 };
  const engine = createEngine({ runner: runner(), ...limits, checkFits: true });
  await engine.loadModel({ name: 'gpt2', folder: fixturePath('models', 'gpt2') });
  await engine.loadDictionary({ path: fixturePath('dictionaries', 'saelens-jumprelu') });
  const fitOf = async (): Promise<string> => {
    const { runs } = await engine.trace({ text: 'the cat', k: 1, predictions: 0, lane: 'interactive' });
    return runs[0]!.dictionaries[0]!.fit.status;
  };
  expect(await fitOf()).toBe('unchecked');
  await expect.poll(() => engine.dictionaries({})[0]!.fit.status).toBe('misfit');
  expect(await fitOf()).toBe('misfit');
});
