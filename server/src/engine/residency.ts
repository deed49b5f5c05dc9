/**
 * Which models and dictionaries may hold memory, by bytes, least recently used first out. What a model holds is its open
 * programs, its texts in work and its finished traces; loading it reads no weight, so an evicted one stays loaded by name
 * and its next use opens it again. Invariants: one in use is never evicted; idle ones leave until the rest fits.
 */

/** A model or a dictionary. */
export interface Part {
  readonly digest: string;
  /** Predicted bytes while it is open. */
  readonly bytes: number;
}

export interface Residency {
  /** Does work that needs the parts open. */
  use<T>(parts: readonly Part[], work: () => Promise<T>): Promise<T>;
  /** Takes a part out, as unloading does. */
  remove(digest: string): void;
  usage(): { readonly parts: number; readonly bytes: number; readonly evictions: number };
}

/** Keeps at most about `budget` bytes open; `evict` frees whatever a digest holds. */
export function residency(budget: number, evict: (digest: string) => Promise<void>): Residency {
  // In the order of their last use.
  const entries = new Map<string, { readonly bytes: number; users: number }>();
  let evictions = 0;

  const total = (): number => [...entries.values()].reduce((sum, { bytes }) => sum + bytes, 0);

  async function shrink(): Promise<void> {
    for (const [digest, { users }] of entries) {
      if (total() <= budget) return;
      if (users > 0) continue;
      entries.delete(digest);
      evictions++;
      await evict(digest);
    }
  }

  return {
    async use(parts, work) {
      const used = parts.map(({ digest, bytes }) => {
        const entry = entries.get(digest) ?? { bytes, users: 0 };
        entries.delete(digest);
        entries.set(digest, entry);
        entry.users++;
        return entry;
      });
      // Before the work, so that two models are not open where one fits.
      await shrink();
      try {
        return await work();
      } finally {
        for (const entry of used) entry.users--;
      }
    },
    remove(digest) {
      entries.delete(digest);
    },
    usage: () => ({ parts: entries.size, bytes: total(), evictions }),
  };
}
