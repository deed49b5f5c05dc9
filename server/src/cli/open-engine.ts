/** Starts what a command needs: device, runtime process, engine, model, dictionaries. */
import { readdirSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SondeError } from '../core/errors.ts';
import { DEFAULT_MEMORY_SHARE } from '../core/limits.ts';
import type { Device } from '../core/runner.ts';
import type { OpenDictionaryOptions } from '../dictionary/open.ts';
import { createEngine, type Engine } from '../engine/engine.ts';
import { chooseDevice } from '../runtime/devices.ts';
import { launchRunner } from '../runtime/process-runner.ts';

/** The embedded model's name. */
export const EMBEDDED_MODEL = 'tinyworld';

/** Its folder in the package, absolute. */
export const EMBEDDED_FOLDER = fileURLToPath(new URL('../../models/tinyworld', import.meta.url));

export interface EngineChoice {
  readonly model: string;
  readonly dictionaries: readonly string[];
  readonly device: 'auto' | Device;
  /** GiB. */
  readonly memoryLimit?: number;
  readonly dictionaryOptions?: OpenDictionaryOptions;
  /** Checks in the background whether dictionaries fit; a daemon lives long enough for it. */
  readonly checkFits?: boolean;
  /** Bytes of finished traces that are kept. */
  readonly memoBytes?: number;
  /** Bytes of texts in work. */
  readonly prefixBytes?: number;
}

/**
 * Opens an engine with its model and dictionaries; the embedded model brings its own dictionaries unless others are
 * named. Dispose it, or the process stays.
 */
export async function openEngine(choice: EngineChoice): Promise<Engine> {
  const limit = choice.memoryLimit === undefined ? totalmem() * DEFAULT_MEMORY_SHARE : choice.memoryLimit * 2 ** 30;
  const { device } = await chooseDevice(choice.device);
  const { runner, ready } = launchRunner({ device });
  const engine = createEngine({
    runner,
    modelMemoryLimit: limit,
    sessionMemoryLimit: limit,
    checkFits: choice.checkFits ?? false,
    ...(choice.memoBytes === undefined ? {} : { memoBytes: choice.memoBytes }),
    ...(choice.prefixBytes === undefined ? {} : { prefixBytes: choice.prefixBytes }),
  });
  try {
    const embedded = choice.model === EMBEDDED_MODEL;
    await engine.loadModel({ name: choice.model, ...(embedded ? { folder: EMBEDDED_FOLDER } : {}) });
    const paths = choice.dictionaries.length > 0 || !embedded ? choice.dictionaries : embeddedDictionaries();
    for (const path of paths) await engine.loadDictionary({ path, ...choice.dictionaryOptions });
    await ready;
    return engine;
  } catch (error) {
    await engine.dispose();
    throw error;
  }
}

/** Folders of the embedded model's dictionaries, in layer order. */
export function embeddedDictionaries(): string[] {
  const folder = join(EMBEDDED_FOLDER, 'dictionaries');
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
}

/** Text of a command: an argument, `--file`, or standard input when it is piped. @throws invalid-params without any. */
export async function textOf(
  argument: string | undefined,
  file: string | undefined,
  read: (path: string) => string,
): Promise<string> {
  if (argument !== undefined) return argument;
  if (file !== undefined) return read(file);
  if (process.stdin.isTTY) {
    throw new SondeError('invalid-params', 'No text given. Pass it as an argument, with --file, or on standard input.');
  }
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new SondeError('invalid-text', 'Standard input is not valid UTF-8.', {}, cause);
  }
}
