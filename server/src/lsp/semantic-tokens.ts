/** `textDocument/semanticTokens`: token boundaries, and the strength of the first pinned feature as modifiers. */
import { type Range, SemanticTokensBuilder, type SemanticTokensLegend } from 'vscode-languageserver';
import { STRENGTHS, semanticTokensOf } from '../editor/semantic-tokens.ts';
import { answering } from './errors.ts';
import type { LspSession } from './lsp-session.ts';
import { signalOf } from './signal.ts';

/** Even and odd tokens have types of their own; a modifier tells the strength. */
export const SEMANTIC_LEGEND: SemanticTokensLegend = {
  tokenTypes: ['sondeToken', 'sondeTokenOdd'],
  tokenModifiers: Array.from({ length: STRENGTHS }, (_, i) => `strength${i + 1}`),
};

/** Lines of a whole document that are told; longer ones are asked for by range. */
const MAX_LINES = 2000;

export function registerSemanticTokens({ connection, editor, client, log }: LspSession): void {
  if (client.decorations) return;
  const build = async (uri: string, range: Range, signal: AbortSignal) => {
    const builder = new SemanticTokensBuilder();
    for (const { line, start, length, odd, strength } of await semanticTokensOf(editor, uri, range, signal)) {
      builder.push(line, start, length, odd ? 1 : 0, strength === 0 ? 0 : 1 << (strength - 1));
    }
    return builder.build();
  };
  connection.languages.semanticTokens.on(
    answering(log, 'textDocument/semanticTokens/full', ({ textDocument: { uri } }, token) =>
      build(uri, { start: { line: 0, character: 0 }, end: { line: MAX_LINES, character: 0 } }, signalOf(token)),
    ),
  );
  connection.languages.semanticTokens.onRange(
    answering(log, 'textDocument/semanticTokens/range', ({ textDocument: { uri }, range }, token) =>
      build(uri, range, signalOf(token)),
    ),
  );
}
