/** The start and end of a client's session, and what passes beside its requests. */
import { z } from 'zod';
import { notification, request } from '../method.ts';
import { PROTOCOL_VERSION } from '../version.ts';
import { name } from './common.ts';

/** Id of a request: a string or a whole number. */
export const requestId = z.union([z.string().max(256), z.number().int()]);

/** Token of a progress or partial result stream, chosen by the client. */
export const progressToken = z.union([z.string().max(256), z.number().int()]);

export const initialize = request({
  name: 'initialize',
  summary: 'Opens the session: checks the protocol version and tells what the daemon can do. The first request.',
  params: z.object({
    protocolVersion: z.number().int(),
    client: z.object({ name, version: z.string().max(256).optional() }),
  }),
  result: z.object({
    protocolVersion: z.number().int(),
    server: z.object({ name: z.string(), version: z.string() }),
    methods: z.array(z.string()).meta({ description: 'requests that this daemon answers' }),
    codecs: z.array(z.enum(['json', 'messagepack'])),
    limits: z.object({
      message_bytes: z.number().int(),
      requests_in_flight: z.number().int(),
      text_length: z.number().int(),
    }),
  }),
  example: {
    params: { protocolVersion: PROTOCOL_VERSION, client: { name: 'trace.py' } },
    result: {
      protocolVersion: PROTOCOL_VERSION,
      server: { name: 'sonde', version: '0.1.0' },
      methods: ['initialize', 'shutdown', 'sonde/trace/features'],
      codecs: ['json', 'messagepack'],
      limits: { message_bytes: 8388608, requests_in_flight: 32, text_length: 4194304 },
    },
  },
});

export const shutdown = request({
  name: 'shutdown',
  summary: 'Ends this session: its work is cancelled and the connection closed. The daemon goes on.',
  params: z.object({}),
  result: z.null(),
  example: { params: {}, result: null },
});

export const cancelRequest = notification({
  name: '$/cancelRequest',
  direction: 'client-to-daemon',
  summary: 'Cancels a request in flight; it is answered with `cancelled` or, where that was too late, its result.',
  params: z.object({ id: requestId }),
  example: { params: { id: 7 } },
});

export const progress = notification({
  name: '$/progress',
  direction: 'daemon-to-client',
  summary: 'Carries a report on a work done token, or one partial result on a partial result token.',
  params: z.object({ token: progressToken, value: z.unknown() }),
  example: { params: { token: 'work-1', value: { message: 'check layer2', fraction: 0.5 } } },
});

/** What `$/progress` carries on a work done token. */
export const progressReport = z.object({
  message: z.string(),
  fraction: z.number().min(0).max(1).nullable().meta({ description: 'share done, null where unknown' }),
});

export type ProgressReport = z.infer<typeof progressReport>;

/** Fields beside a request's own: where it wants reports and partial results sent. */
export const streamTokens = z.object({
  workDoneToken: progressToken.optional(),
  partialResultToken: progressToken.optional(),
});
