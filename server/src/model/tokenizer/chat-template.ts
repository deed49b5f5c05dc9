/**
 * Chat templates: Jinja programs that come with a checkpoint and are run here, so their steps, depth and output are
 * bounded. Absent on purpose: tools, documents, and today's date (`strftime_now`), which would make the same prompt
 * another text tomorrow; templates that ask whether it is there use a date of their own.
 */
import * as jinja from '@huggingface/jinja';
import { SondeError } from '../../core/errors.ts';
import { MAX_TEXT_LENGTH } from '../../core/limits.ts';

/** Characters of a template; published ones have up to about 20,000. */
const MAX_TEMPLATE_LENGTH = 256 * 2 ** 10;
/** Nodes evaluated, where a turn of a loop counts as ten; a message of a published template takes about a hundred. */
const MAX_STEPS = 300_000;
const STEPS_PER_TURN = 10;
/** Entries of a list. */
const MAX_ENTRIES = 100_000;
/** Nodes that are open at once, calls of macros included. */
const MAX_DEPTH = 256;

export interface ChatTemplate {
  /**
   * The text of a chat, BOS included where the template writes it: encode it without another. The header of an answer
   * follows unless the last message is the assistant's.
   * @throws invalid-text where the template refuses the messages; too-large above its bounds; unsupported-format where
   * it uses what this Jinja lacks.
   */
  render(messages: readonly { readonly role: string; readonly content: string }[]): string;
}

/**
 * Reads a template; `tokens` are the texts of BOS and EOS.
 * @throws corrupt-file where it is no Jinja; too-large.
 */
export function openChatTemplate(
  source: string,
  tokens: { readonly bos: string | null; readonly eos: string | null },
): ChatTemplate {
  const program = parse(source);
  return {
    render(messages) {
      const environment = new Environment();
      const values = {
        ...GLOBALS,
        messages,
        bos_token: tokens.bos ?? '',
        eos_token: tokens.eos ?? '',
        add_generation_prompt: messages.at(-1)?.role !== 'assistant',
      };
      for (const [name, value] of Object.entries(values)) environment.set(name, value);
      let text: unknown;
      try {
        text = new BoundedInterpreter(environment).run(program).value;
      } catch (cause) {
        throw renderError(cause);
      }
      return String(text);
    },
  };
}

// The package's declarations name their modules without extensions, which Node's resolution does not follow.
const Environment = jinja.Environment as unknown as new () => { set(name: string, value: unknown): void };
const Interpreter = jinja.Interpreter as unknown as new (
  environment: unknown,
) => {
  run(program: unknown): { readonly value: unknown };
  evaluate(node: JinjaNode | undefined, environment: unknown): unknown;
};

interface JinjaNode {
  readonly type: string;
  /** Of a loop; of `lhs` where entries are selected. */
  readonly iterable?: JinjaNode;
  readonly lhs?: JinjaNode;
}

/** Counts what it evaluates: `steps` only grows, `depth` is the number of nodes that are open. */
class BoundedInterpreter extends Interpreter {
  #steps = 0;
  #depth = 0;
  /** Nodes whose lists loops go through. */
  readonly #iterables = new WeakSet<JinjaNode>();

  override evaluate(node: JinjaNode | undefined, environment: unknown): unknown {
    this.#charge(1);
    if (this.#depth >= MAX_DEPTH) tooLarge('nesting', MAX_DEPTH);
    if (node?.iterable) {
      this.#iterables.add(node.iterable);
      if (node.iterable.lhs) this.#iterables.add(node.iterable.lhs);
    }
    this.#depth++;
    try {
      const result = super.evaluate(node, environment);
      const { value } = result as { readonly value: unknown };
      if (typeof value === 'string' && value.length > MAX_TEXT_LENGTH) tooLarge('text', MAX_TEXT_LENGTH);
      if (Array.isArray(value)) {
        if (value.length > MAX_ENTRIES) tooLarge('list', MAX_ENTRIES);
        if (node && this.#iterables.has(node)) this.#charge(STEPS_PER_TURN * value.length);
      }
      return result;
    } finally {
      this.#depth--;
    }
  }

  #charge(steps: number): void {
    this.#steps += steps;
    if (this.#steps > MAX_STEPS) tooLarge('number of steps', MAX_STEPS);
  }
}

/** What a template says when it refuses its messages. */
class Refusal extends Error {}

const GLOBALS = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  raise_exception: (message: unknown) => {
    throw new Refusal(String(message));
  },
  range: (first: number, second?: number, step = 1): number[] => {
    const [start, stop] = second === undefined ? [0, first] : [first, second];
    const count = Math.max(Math.ceil((stop - start) / step), 0);
    if (!(count <= MAX_ENTRIES)) tooLarge('range', MAX_ENTRIES);
    return Array.from({ length: count }, (_, i) => start + i * step);
  },
};

function parse(source: string): unknown {
  if (source.length > MAX_TEMPLATE_LENGTH) tooLarge('source', MAX_TEMPLATE_LENGTH);
  try {
    return new jinja.Template(source).parsed;
  } catch (cause) {
    const found = (cause as Error).message;
    throw new SondeError(
      'corrupt-file',
      `The chat template is no Jinja template: ${found}. Set "chat: false", or mend chat_template in the checkpoint.`,
      { problem: 'chat template', found },
      cause,
    );
  }
}

function tooLarge(what: string, most: number): never {
  throw new SondeError('too-large', `The ${what} of the chat template is above ${most}.`, { expected: most });
}

function renderError(cause: unknown): SondeError {
  if (cause instanceof SondeError) return cause;
  const found = (cause as Error).message;
  if (cause instanceof Refusal) {
    return new SondeError('invalid-text', `The chat template refuses these turns: ${found}`, { found }, cause);
  }
  const message = `The chat template failed: ${found}. Set "chat: false" and write the text as the model reads it.`;
  return new SondeError('unsupported-format', message, { problem: 'chat template', found }, cause);
}
