/** The relay's part in the talk of an editor and the server: it answers questions about files in the editor's place. */
import { WORKSPACE_REQUESTS } from '@sonde/protocol';
import type { Intercept } from '../rpc/relay.ts';
import { pageFolder, workspaceAnswers } from './workspace-answers.ts';

interface Message {
  id?: number | string;
  method?: string;
  params?: {
    capabilities?: { experimental?: { sonde?: { workspaceFiles?: boolean } } };
    workspaceFolders?: readonly { readonly uri: string }[] | null;
    rootUri?: string | null;
    event?: { added?: readonly { readonly uri: string }[]; removed?: readonly { readonly uri: string }[] };
  };
}

/** Answers for an editor that does not answer itself: that is read in its `initialize`. */
export function editorSide(pages = pageFolder()): Intercept {
  let folders: string[] = [];
  let answersItself = false;
  let initialized = false;
  const answer = workspaceAnswers(() => folders, pages);
  return {
    fromEditor(frame) {
      const isFolders = frame.includes('"workspace/didChangeWorkspaceFolders"');
      if (initialized && !isFolders) return frame;
      const message = parse(frame);
      if (message?.method === 'workspace/didChangeWorkspaceFolders') {
        const { added = [], removed = [] } = message.params?.event ?? {};
        const gone = new Set(removed.map(({ uri }) => uri));
        folders = [...folders.filter((uri) => !gone.has(uri)), ...added.map(({ uri }) => uri)];
      }
      if (message?.method !== 'initialize') return frame;
      initialized = true;
      const params = message.params ?? {};
      folders = params.workspaceFolders?.map(({ uri }) => uri) ?? (params.rootUri ? [params.rootUri] : []);
      const { capabilities = {} } = params;
      const experimental = capabilities.experimental ?? {};
      answersItself = experimental.sonde?.workspaceFiles === true;
      const sonde = { ...experimental.sonde, workspaceFiles: true };
      const told = { ...params, capabilities: { ...capabilities, experimental: { ...experimental, sonde } } };
      return JSON.stringify({ ...message, params: told });
    },
    fromServer(frame, reply) {
      if (answersItself || !NAMES.some((name) => frame.includes(name))) return frame;
      const message = parse(frame);
      if (!message?.method || message.id === undefined) return frame;
      const { id, method } = message;
      const fail = (error: unknown): void =>
        reply(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32603, message: String(error).slice(0, 500) } }));
      try {
        const result = answer(method, message.params);
        if (!result) return frame;
        result.then((value) => reply(JSON.stringify({ jsonrpc: '2.0', id, result: value })), fail);
      } catch (error) {
        fail(error);
      }
      return null;
    },
  };
}

const NAMES = WORKSPACE_REQUESTS.map(({ name }) => JSON.stringify(name));

function parse(frame: string): Message | null {
  try {
    return JSON.parse(frame) as Message;
  } catch {
    return null;
  }
}
