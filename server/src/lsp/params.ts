/**
 * Shapes of the parameters that requests of LSP read. The library hands on whatever a client sent; what does not fit is the
 * client's mistake, told with its path, and never a fault of ours.
 */
import { wireError } from '@sonde/protocol';
import { ResponseError } from 'vscode-languageserver';
import { z } from 'zod';

const count = z.number().int().nonnegative();
const position = z.object({ line: count, character: count });
const range = z.object({ start: position, end: position });
const uri = z.string();
const document = z.object({ textDocument: z.object({ uri }) });
const place = document.extend({ position });
const stretch = document.extend({ range });

const SHAPES: Readonly<Record<string, z.ZodType>> = {
  initialize: z.object({
    capabilities: z.object({
      workspace: z
        .object({ workspaceEdit: z.object({ resourceOperations: z.array(z.string()).nullish() }).nullish() })
        .nullish(),
    }),
    rootUri: uri.nullish(),
    workspaceFolders: z.array(z.object({ uri })).nullish(),
  }),
  'textDocument/didOpen': z.object({
    textDocument: z.object({ uri, languageId: z.string(), version: z.number(), text: z.string() }),
  }),
  'textDocument/didChange': z.object({
    textDocument: z.object({ uri, version: z.number().nullish() }),
    contentChanges: z.array(z.object({ range: range.nullish(), text: z.string() })),
  }),
  'textDocument/didClose': document,
  'workspace/didChangeWorkspaceFolders': z.object({
    event: z.object({ added: z.array(z.object({ uri })), removed: z.array(z.object({ uri })) }),
  }),
  'workspace/didChangeWatchedFiles': z.object({ changes: z.array(z.object({ uri })) }),
  'textDocument/hover': place,
  'textDocument/definition': place,
  'textDocument/documentHighlight': place,
  'textDocument/references': place,
  'textDocument/prepareRename': place,
  'textDocument/rename': place.extend({ newName: z.string() }),
  'textDocument/completion': place,
  'textDocument/inlayHint': stretch,
  'textDocument/semanticTokens/full': document,
  'textDocument/semanticTokens/range': stretch,
  'textDocument/foldingRange': document,
  'textDocument/documentSymbol': document,
  'textDocument/codeLens': document,
  'textDocument/codeAction': stretch.extend({ context: z.object({ only: z.array(z.string()).nullish() }).nullish() }),
  'workspace/symbol': z.object({ query: z.string() }),
  'workspace/executeCommand': z.object({ command: z.string(), arguments: z.array(z.unknown()).nullish() }),
  'workspace/textDocumentContent': z.object({ uri }),
  'inlayHint/resolve': z.object({
    label: z.union([z.string(), z.array(z.object({ value: z.string() }))]),
    data: z
      .object({
        model: z.string(),
        features: z.array(z.object({ dictionary: z.string(), index: count, activation: z.number() })),
      })
      .nullish(),
  }),
  'codeLens/resolve': z.object({ range, data: z.object({ uri, range }) }),
};

/** What is wrong with a message's parameters, with its path; null where they fit. */
export function problemOf(method: string, params: unknown): string | null {
  const issue = SHAPES[method]?.safeParse(params).error?.issues[0];
  return issue ? `${method}: ${issue.path.join('.') || 'the parameters'}: ${issue.message}` : null;
}

/** @throws ResponseError −32602 where parameters do not fit. */
export function checkParams(method: string, params: unknown): void {
  const problem = problemOf(method, params);
  if (problem === null) return;
  const { code, message, data } = wireError('invalid-params', problem);
  throw new ResponseError(code, message, data);
}
