/**
 * Fit checks: asked for, or run by themselves after a dictionary was attached. The latter go one after the other in the
 * batch lane, so that a set of dictionaries does not crowd out other batch work, and end when their dictionary leaves.
 */
import { SondeError } from '../core/errors.ts';
import type { FitReport } from '../dictionary/fit-check.ts';
import type { AttachedDictionary, LoadedModel } from './models.ts';

export type Measure = (model: LoadedModel, attached: AttachedDictionary, signal: AbortSignal) => Promise<FitReport>;

export interface FitChecks {
  /** Checks in the background; a failure shows as the cause of an unchecked fit. */
  enqueue(model: LoadedModel, attached: AttachedDictionary): void;
  /** Ends a dictionary's background check, if one waits or runs. */
  cancel(attached: AttachedDictionary): void;
  cancelAll(): void;
}

export function fitChecks(measure: Measure): FitChecks {
  const waiting = new Map<AttachedDictionary, AbortController>();
  let last: Promise<void> = Promise.resolve();

  async function check(model: LoadedModel, attached: AttachedDictionary, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    try {
      await measure(model, attached, signal);
    } catch (error) {
      if (error instanceof SondeError && error.kind === 'cancelled') return;
      const cause = `the fit check failed: ${error instanceof Error ? error.message : String(error)}`;
      attached.fit = { ...attached.fit, cause };
    } finally {
      waiting.delete(attached);
    }
  }

  const checks: FitChecks = {
    enqueue(model, attached) {
      const controller = new AbortController();
      waiting.set(attached, controller);
      last = last.then(() => check(model, attached, controller.signal));
    },
    cancel(attached) {
      waiting.get(attached)?.abort();
      waiting.delete(attached);
    },
    cancelAll() {
      for (const attached of [...waiting.keys()]) checks.cancel(attached);
    },
  };
  return checks;
}
