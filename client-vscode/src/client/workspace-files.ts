/** Reads the workspace for the server where its files are not this machine's: the relay, which else does it, sees no others. */

import type { EditorParams, EditorResult } from '@sonde/protocol';
import { FileType, RelativePattern, Uri, workspace } from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';

const FILES = '{**/*.{prompt,jsonl,csv,txt},.sonde/*.jsonl}';

/** Whether a folder lies in a virtual file system. */
export function needsFiles(folders: readonly { readonly uri: Uri }[]): boolean {
  return folders.some(({ uri }) => uri.scheme !== 'file');
}

/** Answers `sonde/workspace/list` and `sonde/workspace/read`. */
export function answerForFiles(client: LanguageClient): void {
  client.onRequest('sonde/workspace/list', list);
  client.onRequest('sonde/workspace/read', read);
}

async function list({ limit }: EditorParams<'sonde/workspace/list'>): Promise<EditorResult<'sonde/workspace/list'>> {
  const found: Uri[] = [];
  for (const folder of workspace.workspaceFolders ?? []) {
    found.push(...(await workspace.findFiles(new RelativePattern(folder, FILES), undefined, limit + 1)));
  }
  const files = [];
  for (const uri of found.slice(0, limit)) {
    const { size, type } = await workspace.fs.stat(uri);
    if ((type & FileType.Directory) === 0) files.push({ uri: uri.toString(), size });
  }
  return { files, truncated: found.length > limit };
}

async function read({
  uri: text,
  limit,
}: EditorParams<'sonde/workspace/read'>): Promise<EditorResult<'sonde/workspace/read'>> {
  const uri = Uri.parse(text, true);
  // What lies outside the folders is none of the daemon's business.
  if (!workspace.getWorkspaceFolder(uri)) return { text: null, truncated: false };
  try {
    const bytes = await workspace.fs.readFile(uri);
    const truncated = bytes.length > limit;
    // A cut may fall inside a character: what is behind the last whole one is left out.
    const decoder = new TextDecoder('utf-8', { fatal: true });
    return { text: decoder.decode(bytes.subarray(0, limit), { stream: truncated }), truncated };
  } catch {
    return { text: null, truncated: false };
  }
}
