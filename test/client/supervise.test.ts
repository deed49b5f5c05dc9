import { expect, test } from 'vitest';
import { type Failure, type LineState, pauseAfter, supervise } from '../../client-vscode/src/client/supervise.ts';

const LOST: Failure = { kind: 'lost', message: 'gone' };
const tick = (): Promise<void> => new Promise((done) => setImmediate(done));

/** A supervisor whose attempts and clock the test holds. */
function setUp() {
  let time = 0;
  const pauses: { milliseconds: number; end(): void }[] = [];
  const attempts: { succeed(): (failure: Failure) => void; fail(failure: unknown): void }[] = [];
  const states: LineState[] = [];
  const supervisor = supervise(
    () =>
      new Promise((resolve, reject) => {
        attempts.push({
          succeed() {
            let end = (_: Failure): void => {};
            resolve({
              ended: new Promise((done) => {
                end = done;
              }),
              end: () => end(LOST),
            });
            return (failure) => end(failure);
          },
          fail: reject,
        });
      }),
    (state) => states.push(state),
    {
      now: () => time,
      wait(milliseconds) {
        let end = (): void => {};
        const done = new Promise<void>((resolve) => {
          end = resolve;
        });
        pauses.push({ milliseconds, end });
        return { done, cancel: end };
      },
    },
  );
  return {
    supervisor,
    pauses,
    attempts,
    states: () => states.map(({ kind }) => kind),
    passes: (milliseconds: number) => {
      time += milliseconds;
    },
  };
}

test('pauses double from one second to thirty', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 100].map(pauseAfter)).toEqual([1, 2, 4, 8, 16, 30, 30, 30].map((s) => s * 1000));
});

test('failed attempts follow each other one at a time, after longer pauses', async () => {
  const { attempts, pauses, states } = setUp();
  for (const seconds of [1, 2, 4]) {
    attempts.at(-1)!.fail(LOST);
    await tick();
    expect(pauses.at(-1)!.milliseconds).toBe(seconds * 1000);
    const before = attempts.length;
    await tick();
    expect(attempts).toHaveLength(before);
    pauses.at(-1)!.end();
    await tick();
    expect(attempts).toHaveLength(before + 1);
  }
  expect(states()).toEqual(['starting', 'reconnecting', 'reconnecting', 'reconnecting']);
});

test('a connection that lived begins the pauses anew; one that ends at once does not', async () => {
  const { attempts, pauses, passes } = setUp();
  attempts[0]!.fail(LOST);
  await tick();
  pauses[0]!.end();
  await tick();
  attempts[1]!.succeed()(LOST);
  await tick();
  expect(pauses[1]!.milliseconds).toBe(2000);
  pauses[1]!.end();
  await tick();
  const end = attempts[2]!.succeed();
  await tick();
  passes(60_000);
  end(LOST);
  await tick();
  expect(pauses[2]!.milliseconds).toBe(1000);
});

test('a wrong token is not tried again before a person asks', async () => {
  const { attempts, pauses, supervisor, states } = setUp();
  attempts[0]!.fail({ kind: 'token', message: '401' });
  await tick();
  expect(pauses).toHaveLength(0);
  expect(attempts).toHaveLength(1);
  supervisor.retry();
  await tick();
  expect(attempts).toHaveLength(2);
  expect(states()).toEqual(['starting', 'failed', 'starting']);
});

test('asking again while an attempt runs or a connection stands starts no second one', async () => {
  const { attempts, supervisor } = setUp();
  supervisor.retry();
  await tick();
  attempts[0]!.succeed();
  await tick();
  supervisor.retry();
  await tick();
  expect(attempts).toHaveLength(1);
});

test('another connection is made at once where one stands', async () => {
  const { attempts, pauses, supervisor, states } = setUp();
  attempts[0]!.succeed();
  await tick();
  supervisor.renew();
  await tick();
  expect(attempts).toHaveLength(2);
  attempts[1]!.succeed();
  await tick();
  expect(pauses).toHaveLength(0);
  expect(states()).toEqual(['starting', 'ready', 'starting', 'ready']);
});

test('settings that change while a connection is made are those of the next, however it ends', async () => {
  const outcomes = [
    (attempt: { succeed(): unknown }) => attempt.succeed(),
    (attempt: { fail(failure: unknown): void }) => attempt.fail(LOST),
    (attempt: { fail(failure: unknown): void }) => attempt.fail({ kind: 'token', message: '401' }),
  ];
  for (const outcome of outcomes) {
    const { attempts, pauses, supervisor, states } = setUp();
    supervisor.renew();
    await tick();
    expect(attempts).toHaveLength(1);
    outcome(attempts[0]!);
    await tick();
    expect(attempts).toHaveLength(2);
    expect(pauses).toHaveLength(0);
    expect(states()).toEqual(['starting', 'starting']);
  }
});

test('another connection is wanted after a failure that waits for a person', async () => {
  const { attempts, supervisor } = setUp();
  attempts[0]!.fail({ kind: 'token', message: '401' });
  await tick();
  supervisor.renew();
  await tick();
  expect(attempts).toHaveLength(2);
  attempts[1]!.succeed();
  await tick();
  expect(attempts).toHaveLength(2);
});

test('nothing follows a stop, whatever was going on', async () => {
  const { attempts, pauses, supervisor, states } = setUp();
  attempts[0]!.fail(new Error('no such file'));
  await tick();
  supervisor.stop();
  pauses[0]!.end();
  await tick();
  expect(attempts).toHaveLength(1);
  expect(states()).toEqual(['starting', 'reconnecting']);
});
