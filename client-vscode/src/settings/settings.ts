/** What the extension reads of its settings; the server reads the section `sonde` itself. */
import type { EditorSettings } from '@sonde/protocol';
import { type ConfigurationTarget, type ExtensionContext, type Uri, workspace } from 'vscode';

const SECTION = 'sonde';

/** Every setting of the server’s; the manifest declares their defaults. */
const KEYS: Readonly<Record<keyof EditorSettings, true>> = {
  model: true,
  dictionaries: true,
  layer: true,
  hints: true,
  density: true,
  topK: true,
  threshold: true,
  predictions: true,
  hideDense: true,
  hideBosOnly: true,
  unlabelled: true,
  textField: true,
};

/** The server's settings, for one document or for the window, as they are written: the server checks them. */
export function readSettings(scope?: Uri): EditorSettings {
  const configuration = workspace.getConfiguration(SECTION, scope);
  return Object.fromEntries(Object.keys(KEYS).map((key) => [key, configuration.get(key)])) as EditorSettings;
}

export function writeSetting(key: keyof EditorSettings, value: unknown, target: ConfigurationTarget): Thenable<void> {
  return workspace.getConfiguration(SECTION).update(key, value, target);
}

/** The address of a daemon elsewhere; empty where this machine's own is meant. */
export function daemonUrl(): string {
  return workspace.getConfiguration(SECTION).get<string>('daemon.url', '').trim();
}

/** The settings that a connection is made with: another value wants another connection. */
export const CONNECTION_SETTINGS = ['sonde.daemon.url', 'sonde.daemon.certificate'];

/** Arguments and environment of the relay. Each address has a token of its own: none is ever sent to another. */
export async function relayOptions(
  context: ExtensionContext,
): Promise<{ readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> }> {
  const url = daemonUrl();
  const settings = workspace.getConfiguration(SECTION);
  if (!url) {
    const seconds = Math.round(settings.get<number>('daemon.idleMinutes', 30) * 60);
    return { args: ['--idle-shutdown', String(Math.max(0, seconds))], env: {} };
  }
  const certificate = settings.get<string>('daemon.certificate', '').trim();
  const token = await context.secrets.get(tokenKey(url));
  return {
    args: ['--url', url, ...(certificate ? ['--certificate', certificate] : [])],
    env: token ? { SONDE_TOKEN: token } : {},
  };
}

/** The secret's name for an address. */
export function tokenKey(url: string): string {
  return `token:${url}`;
}
