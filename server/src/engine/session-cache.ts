/**
 * Open programs by recipe, least recently used first out. Invariants: a recipe is opened once however many ask at the
 * same time; a session in use is never closed; the predicted bytes of idle sessions stay within the budget.
 */
import type { Runner, SessionId } from '../core/runner.ts';
import type { Target } from '../graph/lower.ts';
import type { Execution, SessionRecipe } from '../methods/execution.ts';

interface Entry {
  readonly opening: Promise<SessionId>;
  bytes: number;
  users: number;
}

export interface SessionCache extends Execution {
  /** Predicted bytes of all open sessions, and how many there are. */
  usage(): { readonly bytes: number; readonly sessions: number };
  /** Closes idle sessions whose recipe key contains a text, such as a model's digest. */
  drop(part: string): Promise<void>;
}

/** A cache over one runner that keeps at most about `budget` bytes of idle sessions. */
export function sessionCache(runner: Runner, budget: number): SessionCache {
  const entries = new Map<string, Entry>();
  const target: Target = runner.device === 'cpu' ? 'cpu' : 'gpu';

  function start(recipe: SessionRecipe, signal?: AbortSignal): Entry {
    const program = recipe.build();
    const entry: Entry = {
      opening: runner.open(program, { weights: recipe.weights }, signal),
      bytes: program.memory[recipe.weights],
      users: 0,
    };
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
    if (session !== null) await runner.close(session);
  }

  return {
    runner,
    target,
    async withSession(recipe, use, signal) {
      const entry = entries.get(recipe.key) ?? start(recipe, signal);
      // Reinserted at the end: a Map iterates in insertion order, so the front is the least recently used.
      entries.delete(recipe.key);
      entries.set(recipe.key, entry);
      entry.users++;
      try {
        const session = await entry.opening;
        await evict();
        return await use(session);
      } finally {
        entry.users--;
        await evict();
      }
    },
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
