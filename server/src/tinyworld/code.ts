/** Small programs: nested brackets, strings and comments, loops, and variables that hold either text or a number. */
import type { Derivation } from './derivation.ts';
import { phrase, thing } from './prose.ts';

interface Variable {
  readonly name: string;
  readonly text: boolean;
}

const DIGITS = ['1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;
/** Writes one function definition. */
export function writeCode(d: Derivation): void {
  const parameter = thing(d);
  d.write('def');
  d.set('code', 1);
  d.write(` ${d.choose('function', ['weigh', 'pack', 'count', 'mend'])}(`);
  d.write(`${parameter}):\n`);
  const variables: Variable[] = [{ name: parameter, text: false }];
  const lines = d.choose('code lines', [3, 4]);
  for (let line = 0; line < lines; line++) {
    d.choose('statement', [comment, assign, loop, show], [1.5, 5, 2, 5])(d, variables, '    ');
  }
  d.write('    return ');
  use(d, recalled(d, variables));
}

type Statement = (d: Derivation, variables: Variable[], indent: string) => void;

const comment: Statement = (d, _variables, indent) => {
  d.write(`${indent}`);
  d.within('code_comment', 1, () => {
    d.write('# ');
    phrase(d);
  });
  d.write('\n');
};

const assign: Statement = (d, variables, indent) => {
  const taken = variables.map((variable) => variable.name);
  const name = thing(d, taken);
  const text = d.chance('variable text', 0.6);
  d.write(`${indent}${name} = `);
  if (text) string(d);
  else expression(d, variables, 1);
  d.write('\n');
  variables.push({ name, text });
};

const loop: Statement = (d, variables, indent) => {
  d.write(`${indent}for step in range(${d.choose('digit', DIGITS)}):\n`);
  d.within('loop_body', 1, () => {
    const count = d.choose('loop lines', [1, 2, 3]);
    for (let i = 0; i < count; i++) d.choose('loop statement', [comment, show])(d, variables, `${indent}    `);
  });
};

const show: Statement = (d, variables, indent) => {
  d.write(`${indent}print`);
  bracket(d, '()', () => use(d, recalled(d, variables)));
  d.write('\n');
};

/** One of the variables, text more often than numbers, which the parameter is too. */
function recalled(d: Derivation, variables: readonly Variable[]): Variable {
  return d.choose(
    'variable',
    variables,
    variables.map((variable) => (variable.text ? 4 : 1)),
  );
}

/** An element of a variable with the operation that its type allows: only the variable tells which may follow. */
function use(d: Derivation, variable: Variable): void {
  d.within('text_variable', variable.text, () => {
    d.write(variable.name);
    bracket(d, '[]', () => d.write(d.choose('digit', DIGITS)));
  });
  if (variable.text) d.write('.upper()');
  else d.write(` + ${d.choose('digit', DIGITS)}`);
}

/** A number, a list or a call, nested at most three deep. */
function expression(d: Derivation, variables: readonly Variable[], depth: number): void {
  const kind =
    depth > 3 ? 'digit' : d.choose('expression', ['digit', 'list', 'call'], depth === 1 ? [0, 1, 1] : [2, 3, 3]);
  if (kind === 'digit') {
    d.write(d.choose('digit', DIGITS));
    return;
  }
  if (kind === 'call') d.write(d.choose('callee', ['list', 'sorted', 'pair']));
  bracket(d, kind === 'list' ? '[]' : '()', () => {
    expression(d, variables, depth + 1);
    while (d.chance('more arguments', 0.4)) {
      d.write(', ');
      expression(d, variables, depth + 1);
    }
  });
}

/** Opens a bracket, writes the inside one level deeper, and closes it with its partner. */
function bracket(d: Derivation, pair: '()' | '[]', body: () => void): void {
  d.within('bracket_depth', d.get('bracket_depth') + 1, () =>
    d.within('square_bracket', pair === '[]', () => {
      d.write(pair.charAt(0));
      body();
    }),
  );
  d.write(pair.charAt(1));
}

function string(d: Derivation): void {
  d.within('code_string', 1, () => {
    d.write('"');
    phrase(d);
  });
  d.write('"');
}
