/**
 * How a daemon is configured: a JSON file, `SONDE_*` variables over it, command-line options over both. The JSON schema
 * beside the package is generated from this one.
 */
import { z } from 'zod';
import { SondeError } from '../core/errors.ts';
import { DEFAULT_MEMO_BYTES, DEFAULT_PREFIX_BYTES } from '../core/limits.ts';

const seconds = z.number().nonnegative();
const bytes = z.number().int().positive();
const budget = z.number().int().nonnegative();

export const CONFIG = z.strictObject({
  $schema: z.string().optional(),
  host: z.string().default('127.0.0.1').meta({ description: 'address to listen at; beyond loopback TLS is required' }),
  port: z.number().int().min(0).max(65535).default(0).meta({ description: '0 takes a free one' }),
  tls: z
    .strictObject({ certificate: z.string(), key: z.string() })
    .nullable()
    .default(null)
    .meta({ description: 'PEM files' }),
  allowed_hosts: z
    .array(z.string())
    .default([])
    .meta({ description: 'further names, with or without port, by which clients reach the daemon' }),
  allowed_origins: z.array(z.string()).default([]).meta({ description: 'origins of web pages that may connect' }),
  roots: z.array(z.string()).default([]).meta({
    description:
      'folders that requests may load from, besides the working folder, the hub cache and the embedded models',
  }),
  model: z.string().default('tinyworld').meta({ description: 'loaded at the start' }),
  dictionaries: z.array(z.string()).default([]).meta({ description: 'attached at the start' }),
  device: z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml']).default('auto'),
  memory_limit_gib: z.number().positive().nullable().default(null),
  memo_bytes: budget.default(DEFAULT_MEMO_BYTES).meta({ description: 'finished traces that are kept; 0 keeps none' }),
  prefix_bytes: budget
    .default(DEFAULT_PREFIX_BYTES)
    .meta({ description: 'texts in work, so that an edit costs what changed; 0 keeps none' }),
  check_fits: z
    .boolean()
    .default(true)
    .meta({ description: 'check in the background whether a dictionary fits once it is attached' }),
  state_folder: z.string().nullable().default(null).meta({ description: 'lock, state and token files' }),
  idle_shutdown_seconds: seconds.default(0).meta({ description: 'stop when no client was there so long; 0 is never' }),
  drain_seconds: seconds.default(30).meta({ description: 'how long requests in flight may take at a stop' }),
  heartbeat_seconds: seconds
    .min(0.1)
    .default(30)
    .meta({ description: 'a client that answers no ping so long is closed' }),
  max_clients: z.number().int().positive().default(64),
  max_requests_in_flight: z.number().int().positive().default(32).meta({ description: 'of one client' }),
  max_message_bytes: bytes.default(8 * 2 ** 20).meta({ description: 'of a script' }),
  max_document_bytes: bytes
    .default(128 * 2 ** 20)
    .meta({ description: 'of a message of an editor: it sends a whole document in one, escapes and all' }),
  max_answer_bytes: bytes.default(256 * 2 ** 20),
  max_outgoing_bytes: bytes.default(64 * 2 ** 20).meta({ description: 'that may wait to be read by one client' }),
  log_level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

export type DaemonConfig = z.output<typeof CONFIG>;
export type ConfigInput = z.input<typeof CONFIG>;

/** The JSON schema of a config file. */
export function configSchema(): object {
  return { title: 'Sonde daemon', ...z.toJSONSchema(CONFIG, { io: 'input', target: 'draft-7' }) };
}

/**
 * Joins the layers, later ones over earlier ones, and fills in defaults.
 * @throws invalid-params naming the field and its layer.
 */
export function readConfig(
  file: { readonly path: string; readonly text: string } | null,
  environment: Readonly<Record<string, string | undefined>>,
  options: Partial<ConfigInput>,
): DaemonConfig {
  const fromFile = file === null ? {} : parsed(file.text, file.path);
  const layers = [
    { name: file?.path ?? 'config', values: fromFile },
    { name: 'environment', values: fromEnvironment(environment) },
    { name: 'options', values: options },
  ];
  let joined: object = {};
  for (const { name, values } of layers) {
    const checked = CONFIG.partial().safeParse(values);
    if (!checked.success) refuse(name, checked.error.issues[0]!);
    joined = { ...joined, ...values };
  }
  const config = CONFIG.parse(joined);
  if (!isLoopback(config.host) && config.tls === null) {
    throw new SondeError(
      'invalid-params',
      `Listening at ${config.host} would send the token in the clear. Give tls.certificate and tls.key, or stay on 127.0.0.1 and tunnel (ssh -L).`,
      { found: config.host, expected: '127.0.0.1, ::1 or localhost, or TLS' },
    );
  }
  return config;
}

/** Whether an address is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** `SONDE_MAX_CLIENTS=3` sets max_clients; lists and objects are JSON; other variables of the prefix are not ours. */
function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const field of Object.keys(CONFIG.shape)) {
    const variable = `SONDE_${field.toUpperCase()}`;
    const text = environment[variable];
    if (text === undefined || field.startsWith('$')) continue;
    // A word is a text; what reads as JSON is that, unless the field wants a text.
    const isText = CONFIG.partial().safeParse({ [field]: text }).success;
    values[field] = isText ? text : parsed(text, variable);
  }
  return values;
}

function parsed(text: string, where: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SondeError('invalid-params', `${where} is not JSON: ${(cause as Error).message}.`, {}, cause);
  }
}

function refuse(layer: string, { path, message }: z.core.$ZodIssue): never {
  const field = path.join('.');
  throw new SondeError('invalid-params', `${layer}: ${field === '' ? '' : `${field}: `}${message}.`, {
    layer,
    field,
  });
}
