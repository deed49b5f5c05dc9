/**
 * Long answers are spelled piece by piece while they are made: spelling one at the end would hold the event loop, 16 ms
 * for the hints of fifty long rows.
 */
import { breathe } from '../core/turn.ts';

/** A list whose JSON is known. */
export class SpelledList {
  readonly json: string;

  constructor(json: string) {
    this.json = json;
  }

  /** For whoever spells it with something else, such as a trace of messages. */
  toJSON(): unknown {
    return JSON.parse(this.json);
  }
}

/** Items of one piece: well below a millisecond. */
const TOGETHER = 16;

/** Makes and spells a list; it stands for the list where an answer goes through `spell`. */
export async function spelledList<T, U>(items: readonly T[], make: (item: T) => U): Promise<U[]> {
  const parts: string[] = [];
  for (const [i, item] of items.entries()) {
    if (i % TOGETHER === 0) await breathe();
    parts.push(JSON.stringify(make(item)));
  }
  await breathe();
  const list: unknown = new SpelledList(`[${parts.join()}]`);
  return list as U[];
}

/** The JSON of a message. */
export function spell(message: object): string {
  const { result, ...rest } = message as { readonly result?: unknown };
  if (!(result instanceof SpelledList)) return JSON.stringify(message);
  return `${JSON.stringify(rest).slice(0, -1)},"result":${result.json}}`;
}
