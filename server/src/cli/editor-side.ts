/** The relay's part in the talk of an editor and the server: it answers questions about files in the editor's place. */
import { WORKSPACE_REQUESTS } from '@sonde/protocol';
import type { Intercept } from '../rpc/relay.ts';
import { pageFolder, workspaceAnswers } from './workspace-answers.ts';

/** A message as an editor may have made it: nothing is taken for granted. */
interface Message {
  id?: number | string;
  method?: string;
  params?: unknown;
}

/** Answers for an editor that does not answer itself: that is read in its `initialize`. */
export function editorSide(pages = pageFolder()): Intercept {
  let folders: string[] = [];
  let answersItself = false;
  const answer = workspaceAnswers(() => folders, pages);
  return {
    fromEditor(frame) {
      if (!READ.some((name) => frame.includes(name))) return frame;
      const message = parse(frame);
      const params = record(message?.params);
      if (message?.method === 'workspace/didChangeWorkspaceFolders') {
        const { added, removed } = record(params.event);
        const gone = new Set(urisOf(removed));
        folders = [...folders.filter((uri) => !gone.has(uri)), ...urisOf(added)];
      }
      if (message?.method !== 'initialize') return frame;
      const { capabilities } = params;
      // The server tells what is wrong with it.
      if (typeof capabilities !== 'object' || capabilities === null) return frame;
      folders = Array.isArray(params.workspaceFolders) ? urisOf(params.workspaceFolders) : textsOf([params.rootUri]);
      const experimental = record(record(capabilities).experimental);
      answersItself = record(experimental.sonde).workspaceFiles === true;
      const sonde = { ...record(experimental.sonde), workspaceFiles: true };
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

/** Methods of an editor's messages that are looked at. Inside a text the quotes would be escaped. */
const READ = ['"initialize"', '"workspace/didChangeWorkspaceFolders"'];
const NAMES = WORKSPACE_REQUESTS.map(({ name }) => JSON.stringify(name));

function urisOf(folders: unknown): string[] {
  return Array.isArray(folders) ? textsOf(folders.map((folder) => record(folder).uri)) : [];
}

function textsOf(values: readonly unknown[]): string[] {
  return values.filter((value) => typeof value === 'string');
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function parse(frame: string): Message | null {
  try {
    return JSON.parse(frame) as Message | null;
  } catch {
    return null;
  }
}
