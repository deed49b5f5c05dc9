/** Once for all end-to-end tests: packs the extension, installs it in a workbench host, and starts that. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { e2ePlan } from '../../support/e2e.ts';
import { type HostAddress, startHost } from './host.ts';

declare module 'vitest' {
  interface ProvidedContext {
    host: HostAddress;
  }
}

export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const plan = e2ePlan();
  if ('missing' in plan) throw new Error(plan.missing);
  const packed = mkdtempSync(join(tmpdir(), 'sonde-e2e-vsix-'));
  try {
    const script = fileURLToPath(new URL('../../../client-vscode/scripts/pack.mjs', import.meta.url));
    execFileSync(process.execPath, [script, '--target', 'linux-x64', '--out', packed], { stdio: ['ignore', 2, 2] });
    const host = await startHost(plan.folder, join(packed, readdirSync(packed)[0]!));
    provide('host', { port: host.port, folder: host.folder });
    return host.stop;
  } finally {
    rmSync(packed, { recursive: true, force: true });
  }
}
