/** The OpenRPC document and the table of methods, generated from the declarations. Source: OpenRPC 1.3.2. */
import { z } from 'zod';
import { WIRE_ERRORS } from './errors.ts';
import { progressToken } from './messages/lifecycle.ts';
import type { RequestDeclaration } from './method.ts';
import { METHODS, NOTIFICATIONS } from './methods.ts';
import { PROTOCOL_VERSION } from './version.ts';

type Json = { readonly [key: string]: unknown };

/** The whole protocol as one OpenRPC document. */
export function openRpcDocument(): Json {
  return {
    openrpc: '1.3.2',
    info: {
      title: 'Sonde',
      version: String(PROTOCOL_VERSION),
      description:
        'JSON-RPC 2.0 in LSP style over WebSocket (a text frame is JSON, a binary frame is MessagePack) and stdio (LSP framing).',
      license: { name: 'Apache-2.0' },
    },
    methods: [
      ...[...METHODS.values()].map(requestObject),
      ...NOTIFICATIONS.map(({ name, summary, params, direction, example }) => ({
        name,
        summary,
        paramStructure: 'by-name',
        params: parameters(params),
        'x-direction': direction,
        examples: [{ name: 'example', params: exampleParams(example.params) }],
      })),
    ],
    components: {
      errors: Object.fromEntries(
        Object.entries(WIRE_ERRORS).map(([kind, { code, retryable }]) => [
          kind,
          { code, message: kind, data: { kind, retryable } },
        ]),
      ),
    },
  };
}

/** The requests as a Markdown table; those of the script door unless others are given. */
export function methodTable(requests: readonly RequestDeclaration[] = [...METHODS.values()]): string {
  const rows = requests.map(({ name, summary, partial, progress }) => {
    const streams = [partial ? 'partial results' : '', progress ? 'progress' : ''].filter(Boolean).join(', ');
    return `| \`${name}\` | ${summary} | ${streams} |`;
  });
  return ['| request | what it does | streams |', '|---|---|---|', ...rows].join('\n');
}

function requestObject({ name, summary, params, result, partial, progress, example }: RequestDeclaration): Json {
  const tokens = {
    ...(progress ? { workDoneToken: progressToken.optional() } : {}),
    ...(partial ? { partialResultToken: progressToken.optional() } : {}),
  };
  return {
    name,
    summary,
    paramStructure: 'by-name',
    params: parameters(params.extend(tokens)),
    result: { name: 'result', schema: jsonSchema(result) },
    ...(partial ? { 'x-partial-result': jsonSchema(partial) } : {}),
    examples: [
      {
        name: 'example',
        params: exampleParams(example.params),
        // Through JSON, so that tensors stand as base64.
        result: { name: 'result', value: JSON.parse(JSON.stringify(example.result)) },
      },
    ],
  };
}

function parameters(params: z.ZodObject): Json[] {
  const { properties = {}, required = [] } = jsonSchema(params) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({ name, required: required.includes(name), schema }));
}

function exampleParams(params: object): Json[] {
  return Object.entries(params).map(([name, value]) => ({ name, value }));
}

function jsonSchema(schema: z.ZodType): Json {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', target: 'draft-7' });
  return rest;
}
