/** What of an error is worth telling a person. Pure. */

/** LSP's codes of answers that came to nothing because something newer was asked: cancelled, modified, superseded. */
const PASSING = [-32800, -32801, -32802];

/** The message; undefined where the request was merely overtaken. */
export function tellable(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | null)?.code;
  if (PASSING.includes(code as number)) return undefined;
  return error instanceof Error ? error.message : String(error);
}
