/** A keystroke, and the hints of the lines on screen. */
import type { BenchEditor } from './client.js';
import { type Distribution, distribution } from './distribution.js';
import { promptFile, TYPED, TYPED_LINE } from './texts.js';

/** Milliseconds. */
export interface TypingResult {
  /** A keystroke in a document whose hints are complete: until the answer, and until complete hints. */
  readonly answer: Distribution;
  readonly complete: Distribution;
  /** Keystrokes every INTERVAL milliseconds, whatever is under way. */
  readonly fastAnswer: Distribution;
  /** Behind the last of them, until complete hints. */
  readonly fastComplete: Distribution;
}

/** A fast typist. */
export const INTERVAL = 100;
const BURSTS = 2;

export async function measureTyping(editor: BenchEditor): Promise<TypingResult> {
  const calm = await document(editor, 1);
  const answers: number[] = [];
  const completes: number[] = [];
  for (const character of TYPED) {
    calm.type(character);
    const { ms, first } = await editor.complete(calm.uri, 0);
    answers.push(first);
    completes.push(ms);
  }
  editor.close(calm.uri);

  const fastAnswers: number[] = [];
  const fastCompletes: number[] = [];
  for (let burst = 0; burst < BURSTS; burst++) {
    const fast = await document(editor, 2 + burst);
    const answered: Promise<unknown>[] = [];
    for (const character of TYPED) {
      fast.type(character);
      answered.push(editor.hints(fast.uri, 0).then(({ ms }) => fastAnswers.push(ms)));
      await new Promise((resolve) => setTimeout(resolve, INTERVAL));
    }
    fastCompletes.push((await editor.complete(fast.uri, 0)).ms);
    await Promise.all(answered);
    editor.close(fast.uri);
  }
  return {
    answer: distribution(answers),
    complete: distribution(completes),
    fastAnswer: distribution(fastAnswers),
    fastComplete: distribution(fastCompletes),
  };
}

/** An open prompt file whose hints are complete, with a place that moves as one types. */
async function document(editor: BenchEditor, seed: number): Promise<{ uri: string; type(text: string): void }> {
  const uri = `file:///bench/${seed}.prompt`;
  const text = promptFile(seed);
  editor.open(uri, text);
  await editor.complete(uri, 0);
  let character = text.split('\n')[TYPED_LINE]!.length;
  let version = 1;
  return {
    uri,
    type(typed) {
      editor.type(uri, ++version, { line: TYPED_LINE, character }, typed);
      character += typed.length;
    },
  };
}
