/** When a daemon that nobody uses may end. */

/** Looks `busy` up from time to time and calls `stop` once it was 0 for `seconds`; 0 seconds is never. Clear the timer. */
export function watchIdleness(
  seconds: number,
  busy: () => number,
  stop: (reason: string) => void,
): NodeJS.Timeout | undefined {
  if (seconds === 0) return undefined;
  let since = performance.now();
  const check = (): void => {
    if (busy() > 0) since = performance.now();
    else if (performance.now() - since >= seconds * 1000) stop(`no client for ${seconds} seconds`);
  };
  return setInterval(check, Math.min(1000, seconds * 250)).unref();
}
