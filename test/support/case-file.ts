/**
 * Case files: what a document is, places in it that are marked, and what an editor shows of it. Above the first line that
 * begins with `=== ` stand a sentence, then settings (`key: value`, JSON); `=== name` begins the document, whose marks `‸`
 * are taken out; what follows is written by the tests.
 */
import type { Position, Range } from '../../server/src/prompt/lines.ts';

export interface CaseFile {
  /** Everything up to the end of the document, as it is written. */
  readonly given: string;
  /** Name of the document, which tells what it is read as. */
  readonly name: string;
  /** The document without marks. */
  readonly text: string;
  readonly marks: readonly Position[];
  readonly settings: Readonly<Record<string, unknown>>;
}

const MARK = '‸';
const EXPECTED = '=== hints\n';

/** Reads a case file. `eol: "crlf"` among the settings makes line breaks of two characters. */
export function parseCase(file: string): CaseFile {
  const end = file.indexOf(EXPECTED);
  const given = end < 0 ? file : file.slice(0, end);
  const [, head = '', name = '', marked = ''] = /^([\s\S]*?)^=== (\S+)\n([\s\S]*)$/m.exec(given) ?? [];
  const pairs = [...head.replace(/^.*\n/, '').matchAll(/^(\w+): (.+)$/gm)].map(([, key, value]) => [
    key!,
    JSON.parse(value!) as unknown,
  ]);
  const settings = Object.fromEntries(pairs);
  const marks = marked.split('\n').flatMap((line, number) => {
    const pieces = line.split(MARK).slice(0, -1);
    let character = 0;
    return pieces.map((piece) => {
      character += piece.length;
      return { line: number, character };
    });
  });
  const plain = marked.replaceAll(MARK, '');
  const text = settings.eol === 'crlf' ? plain.replaceAll('\n', '\r\n') : plain;
  return { given, name, text, marks, settings };
}

/** What an editor showed. */
export interface Shown {
  readonly hints: readonly { readonly position: Position; readonly label: string }[];
  readonly marks: readonly {
    readonly token: { readonly text: string; readonly range: Range | null } | null;
    readonly feature: string | null;
  }[];
  readonly problems: readonly { readonly range: Range; readonly code: string }[];
}

/** The whole file, with what was shown. */
export function writeCase({ given, text, marks }: CaseFile, shown: Shown): string {
  const lines = text.split(/\r?\n/).flatMap((line, number) => {
    const own = shown.hints.filter(({ position }) => position.line === number);
    if (own.length === 0) return [];
    let written = '';
    let at = 0;
    for (const { position, label } of own) {
      written += `${line.slice(at, position.character)}⟦${label}⟧`;
      at = position.character;
    }
    return [`${number}: ${written}${line.slice(at)}`];
  });
  const places = shown.marks.map(({ token, feature }, i) => {
    const { line, character } = marks[i]!;
    const found = token
      ? `${JSON.stringify(token.text)} at ${rangeText(token.range)}: ${feature ?? 'no feature'}`
      : 'nothing';
    return `${line}:${character} ${found}`;
  });
  const problems = shown.problems.map(({ range, code }) => `${rangeText(range)} ${code}`);
  return [
    `${given}${EXPECTED.trimEnd()}`,
    ...lines,
    ...(places.length > 0 ? ['=== marks', ...places] : []),
    ...(problems.length > 0 ? ['=== problems', ...problems] : []),
    '',
  ].join('\n');
}

function rangeText(range: Range | null): string {
  return range === null
    ? 'no place'
    : `${range.start.line}:${range.start.character}-${range.end.line}:${range.end.character}`;
}
