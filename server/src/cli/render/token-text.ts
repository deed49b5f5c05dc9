/** Token text as something that can be seen: control characters and spaces get visible signs. */

const SIGNS: Readonly<Record<string, string>> = { '\n': '↵', '\r': '␍', '\t': '⇥' };

/** One token for a table cell: spaces at the edges show as ␣, line breaks as ↵. */
export function visible(text: string): string {
  const shown = [...text]
    .map((character) => {
      const code = character.codePointAt(0)!;
      // Left as they are, control characters would act on the terminal instead of showing.
      const control = code < 0x20 || (code >= 0x7f && code < 0xa0);
      return SIGNS[character] ?? (control ? `\\x${code.toString(16).padStart(2, '0')}` : character);
    })
    .join('');
  return shown.replace(/^ | $/g, '␣');
}
