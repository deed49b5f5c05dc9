/**
 * Entry of the process that owns the native sessions. Native code can abort, run out of memory or block for as long as
 * it likes; here that costs nobody else anything. It answers calls one at a time and ends when its parent is gone.
 */
import { env, InferenceSession, listSupportedBackends, type Tensor as NativeTensor } from 'onnxruntime-node';
import { fault, type SondeError } from '../core/errors.ts';
import type { SessionId } from '../core/runner.ts';
import type { CallMessage, ChildSettings, ProcessMessage, SentCalls } from './messages.ts';
import { nativeError } from './native-error.ts';
import { checkFeeds, checkFetches, describeNative, fromNative, toNative } from './native-tensor.ts';
import { residentStores } from './resident-stores.ts';
import { residentTensors } from './resident-tensors.ts';
import { tensorFile } from './tensor-file.ts';

interface OpenSession {
  readonly native: InferenceSession;
  readonly label: string;
}

const settings = JSON.parse(process.argv[2]!) as ChildSettings;
const sessions = new Map<SessionId, OpenSession>();
const rows = residentStores();
const tensors = residentTensors();
const file = tensorFile(settings.tensors);

// Ctrl-C and a service stop signal the whole group; the parent decides when this process ends, after draining.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => process.exit(0));
process.on('message', (message: CallMessage) => void answer(message));

env.logLevel = 'error';
say({ ready: true, backends: listSupportedBackends().map((backend) => backend.name) });

async function answer(message: CallMessage): Promise<void> {
  try {
    say({ result: await perform(message) });
  } catch (thrown) {
    const { kind, message: text, data } = nativeError(thrown, describe(message));
    say({ error: { kind, message: text, data } });
  }
}

function perform(
  message: CallMessage,
): SentCalls[keyof SentCalls]['result'] | Promise<SentCalls[keyof SentCalls]['result']> {
  switch (message.call) {
    case 'open':
      return open(message.params);
    case 'run':
      return run(message.params);
    case 'close':
      return close(message.params);
    case 'dropStore':
      tensors.drop(message.params.store);
      return rows.drop(message.params.store);
    case 'memory':
      return { rss: process.memoryUsage.rss() };
    case 'missingLibraries':
      return message.params.names.filter(isMissing);
  }
}

async function open({ session, program, options, strict }: SentCalls['open']['params']): Promise<null> {
  // A processor takes a hundred cycles for each number below 1e-38: moments of rare tokens made a training step three
  // times as long as it is with zeros, and softmaxes have such tails too.
  const config: Record<string, string> = { set_denormal_as_zero: '1' };
  if (program.folder !== undefined) config.model_external_initializers_file_folder_path = program.folder;
  if (options.weights === 'mapped') config.disable_prepacking = '1';
  if (strict) config.disable_cpu_ep_fallback = '1';
  const native = await InferenceSession.create(program.bytes, {
    executionProviders: [settings.device],
    ...(settings.threads === undefined ? {} : { intraOpNumThreads: settings.threads }),
    ...(options.keeps === undefined ? {} : { preferredOutputLocation: locations(options.keeps) }),
    extra: { session: config },
    // Its plans for each shape come on top of what the arena holds already: a quarter more memory from the second run on.
    enableMemPattern: false,
    logSeverityLevel: 3,
  });
  sessions.set(session, { native, label: program.label });
  return null;
}

async function run({
  session,
  feeds,
  fetches,
  resident,
}: SentCalls['run']['params']): Promise<SentCalls['run']['result']> {
  const { native } = sessions.get(session) ?? fault(`session ${session} is not open in the runtime process`);
  const sent = file.take(feeds);
  const plain = resident && 'rows' in resident ? { ...sent, ...rows.feeds(resident) } : sent;
  const held = resident && 'tensors' in resident ? tensors.feeds(resident) : {};
  checkFeeds(native.inputMetadata, { ...plain, ...describeNative(held) });
  const kept = Object.keys(resident?.keep ?? {});
  checkFetches(native.outputMetadata, [...fetches, ...kept]);
  const fed = Object.fromEntries(Object.entries(plain).map(([name, tensor]) => [name, toNative(tensor)]));
  const outputs = await native.run({ ...fed, ...held }, [...fetches, ...kept]);
  if (resident && 'rows' in resident) rows.keep(resident, outputs);
  else if (resident) tensors.keep(resident, outputs);
  return file.put(fromNative(Object.fromEntries(fetches.map((name) => [name, outputs[name] as NativeTensor]))));
}

/** Only WebGPU can leave outputs on the device; elsewhere they stay in this process. */
function locations(keeps: readonly string[]): Record<string, 'gpu-buffer' | 'cpu'> {
  return Object.fromEntries(keeps.map((name) => [name, settings.device === 'webgpu' ? 'gpu-buffer' : 'cpu']));
}

async function close({ session }: SentCalls['close']['params']): Promise<null> {
  const open = sessions.get(session) ?? fault(`session ${session} is not open in the runtime process`);
  sessions.delete(session);
  await open.native.release();
  return null;
}

function isMissing(library: string): boolean {
  try {
    // Loading a plain library as an add-on always throws; the words tell whether the loader found it.
    process.dlopen({ exports: {} }, library);
    return false;
  } catch (error) {
    return !(error as SondeError | Error).message.includes('did not self-register');
  }
}

function describe(message: CallMessage): string {
  if (message.call === 'open') return `opening ${message.params.program.label}`;
  if (message.call === 'run') return `running ${sessions.get(message.params.session)?.label ?? 'a session'}`;
  return message.call;
}

function say(message: ProcessMessage): void {
  // A parent that is gone is noticed by `disconnect`; the callback only keeps the failure from being thrown.
  process.send!(message, undefined, undefined, () => {});
}
