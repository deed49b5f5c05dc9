/** Work that follows what a person does: late, one at a time, and only the last wanted counts. */

/** Runs `work` once the calls have paused for some milliseconds; a call while it runs leads to one more run. */
export function settled(
  work: () => Promise<void>,
  milliseconds: number,
): { readonly call: () => void; readonly dispose: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running = false;
  let again = false;
  let disposed = false;

  const call = (): void => {
    if (disposed) return;
    if (running) {
      again = true;
      return;
    }
    clearTimeout(timer);
    timer = setTimeout(run, milliseconds);
  };
  const run = (): void => {
    running = true;
    // `work` tells its own errors; a rejection here must not end the following.
    void work()
      .catch(() => {})
      .finally(() => {
        running = false;
        if (again) {
          again = false;
          call();
        }
      });
  };
  return {
    call,
    dispose() {
      disposed = true;
      clearTimeout(timer);
    },
  };
}
