/**
 * What the server asks of the client’s side: files of the workspace that are not open. The daemon reads none itself, since
 * it may run elsewhere; an extension answers, or the relay `sonde lsp --stdio` does for any editor.
 */
import { z } from 'zod';
import { request } from '../method.ts';
import { exampleUri, uri } from './editor-common.ts';

export const workspaceList = {
  ...request({
    name: 'sonde/workspace/list',
    summary: 'Lists the prompt and dataset files of the workspace’s folders, and its label files.',
    params: z.object({ limit: z.number().int().min(1).max(100_000) }),
    result: z.object({
      files: z.array(z.object({ uri, size: z.number().int().nonnegative() })),
      truncated: z.boolean(),
    }),
    example: { params: { limit: 1000 }, result: { files: [{ uri: exampleUri, size: 120 }], truncated: false } },
  }),
  direction: 'daemon-to-client' as const,
};

export const workspaceRead = {
  ...request({
    name: 'sonde/workspace/read',
    summary: 'Reads a file of the workspace; one that is longer comes as its beginning.',
    params: z.object({
      uri,
      limit: z
        .number()
        .int()
        .min(1)
        .max(64 * 2 ** 20)
        .meta({ description: 'bytes' }),
    }),
    result: z.object({
      text: z.string().nullable().meta({ description: 'null where there is no such file or it is no UTF-8' }),
      truncated: z.boolean(),
    }),
    example: { params: { uri: exampleUri, limit: 1_000_000 }, result: { text: 'Hello', truncated: false } },
  }),
  direction: 'daemon-to-client' as const,
};

export const workspacePage = {
  ...request({
    name: 'sonde/workspace/page',
    summary: 'Keeps a page as a read-only file in the client side’s cache, for editors without virtual documents.',
    params: z.object({
      name: z
        .string()
        .regex(/^\w[\w.-]{0,199}$/)
        .meta({ description: 'of the file' }),
      text: z.string().max(2 ** 20),
    }),
    result: z.object({ uri }),
    example: { params: { name: 'layer2-40.md', text: '# 40' }, result: { uri: 'file:///cache/layer2-40.md' } },
  }),
  direction: 'daemon-to-client' as const,
};
