/**
 * Open programs by recipe, least recently used first out. Invariants: a recipe is opened once however many ask at the
 * same time; a session in use is never closed; the predicted bytes of idle sessions stay within the budget.
 */
import { throwIfCancelled } from '../core/errors.ts';
import type { Runner, SessionId } from '../core/runner.ts';
import type { Target } from '../graph/lower.ts';
import type { Execution, SessionRecipe } from '../methods/execution.ts';
import type { Lane, Scheduler } from './scheduler.ts';

interface Entry {
  readonly opening: Promise<SessionId>;
  bytes: number;
  users: number;
}

export interface SessionCache {
  /** What methods run with, in a lane. All lanes share the sessions. */
  on(lane: Lane): Execution;
  /** Predicted bytes of all open sessions, and how many there are. */
  usage(): { readonly bytes: number; readonly sessions: number };
  /** Closes idle sessions whose recipe key contains a text, such as a model's digest. */
  drop(part: string): Promise<void>;
}

/** A cache that keeps at most about `budget` bytes of idle sessions. */
export function sessionCache(scheduler: Scheduler, budget: number): SessionCache {
  const entries = new Map<string, Entry>();
  const closer = scheduler.on('batch');
  const target: Target = closer.device === 'cpu' ? 'cpu' : 'gpu';

  function start(runner: Runner, recipe: SessionRecipe): Entry {
    const open = async (): Promise<SessionId> => {
      const program = await recipe.build();
      entry.bytes = program.memory[recipe.weights];
      return runner.open(program, { weights: recipe.weights });
    };
    const entry: Entry = { opening: Promise.resolve().then(open), bytes: 0, users: 0 };
    entries.set(recipe.key, entry);
    entry.opening.catch(() => {
      if (entries.get(recipe.key) === entry) entries.delete(recipe.key);
    });
    return entry;
  }

  async function evict(): Promise<void> {
    let total = [...entries.values()].reduce((sum, entry) => sum + entry.bytes, 0);
    for (const [key, entry] of entries) {
      if (total <= budget) return;
      if (entry.users > 0) continue;
      entries.delete(key);
      total -= entry.bytes;
      await closeEntry(entry);
    }
  }

  async function closeEntry(entry: Entry): Promise<void> {
    const session = await entry.opening.catch(() => null);
    if (session !== null) await closer.close(session);
  }

  const execution = (runner: Runner): Execution => ({
    runner,
    target,
    async withSession(recipe, use, signal) {
      throwIfCancelled(signal);
      // Opening ignores the signal: others may be waiting for the same session by then.
      const entry = entries.get(recipe.key) ?? start(runner, recipe);
      // Reinserted at the end: a Map iterates in insertion order, so the front is the least recently used.
      entries.delete(recipe.key);
      entries.set(recipe.key, entry);
      entry.users++;
      try {
        const session = await entry.opening;
        return await use(session);
      } finally {
        entry.users--;
        void evict();
      }
    },
  });
  const lanes = { interactive: execution(scheduler.on('interactive')), batch: execution(closer) };

  return {
    on: (lane) => lanes[lane],
    usage: () => ({
      bytes: [...entries.values()].reduce((sum, entry) => sum + entry.bytes, 0),
      sessions: entries.size,
    }),
    async drop(part) {
      for (const [key, entry] of entries) {
        if (!key.includes(part) || entry.users > 0) continue;
        entries.delete(key);
        await closeEntry(entry);
      }
    },
  };
}
