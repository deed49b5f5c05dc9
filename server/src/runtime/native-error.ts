/** What went wrong inside the native runtime, told from the words of its messages: it has no usable error codes here. */
import { type ErrorKind, SondeError } from '../core/errors.ts';

/** The signs of exhausted memory in native messages and in the last words of a process that aborted. */
export const OUT_OF_MEMORY =
  /bad_alloc|failed to allocate|out of memory|allocation failed|cannot allocate memory|VK_ERROR_OUT_OF|CUDA failure 2\b/i;

const WORDS: readonly (readonly [RegExp, ErrorKind, string])[] = [
  [OUT_OF_MEMORY, 'out-of-memory', 'Use a shorter text, fewer outputs, or the mapped form of the weights.'],
  [
    /out of bounds or can not be read|out-of-bounds|data\.size.*mismatch/i,
    'corrupt-file',
    'A weight file is shorter than its header says: download it again.',
  ],
  [
    /external.*(does not exist|not exist|no such file)|No such file or directory.*open file/i,
    'file-not-found',
    'A weight file is gone: it was moved or deleted after loading.',
  ],
  [
    /Failed to get a WebGPU|No supported adapters|Failed to load shared library|backend not found|no CUDA-capable device|CUDA failure (35|100)\b|driver version is insufficient/i,
    'device-unavailable',
    'Run `sonde doctor` to see which devices work here and why the others do not.',
  ],
  [
    /not assigned to the default CPU EP|fallback to CPU EP has been explicitly disabled/i,
    'device-unavailable',
    'The device cannot run every operation of this program.',
  ],
];

/** Converts anything thrown by the native runtime while it did `what` (such as `running trace gpt2 L8`). */
export function nativeError(thrown: unknown, what: string): SondeError {
  if (thrown instanceof SondeError) return thrown;
  const text = (thrown instanceof Error ? thrown.message : String(thrown)).trim();
  const known = WORDS.find(([words]) => words.test(text));
  if (known) return new SondeError(known[1], `${capital(what)} failed: ${text}. ${known[2]}`, { native: text });
  return new SondeError('fault', `${capital(what)} failed in the native runtime: ${text} (this is a bug in Sonde)`, {
    native: text,
  });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
