/**
 * What a method needs to run programs: a runner, and sessions kept by recipe so that a method never asks whether its
 * program is open already. The engine owns the cache behind `session` and evicts by bytes.
 */
import type { Runner, SessionId, SizedProgram } from '../core/runner.ts';
import type { Target } from '../graph/lower.ts';

export interface Execution {
  readonly runner: Runner;
  /** Which spelling of ops the device takes. */
  readonly target: Target;
  /**
   * Runs `use` with the session of a recipe, opening it first when needed; it is not evicted meanwhile.
   * `recipe` names everything that the program depends on.
   */
  withSession<T>(recipe: SessionRecipe, use: (session: SessionId) => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** How to build and open a program. */
export interface SessionRecipe {
  readonly key: string;
  readonly build: () => SizedProgram | Promise<SizedProgram>;
  /** `packed` for programs run often, `mapped` for rare ones. */
  readonly weights: 'packed' | 'mapped';
}
