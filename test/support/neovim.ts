/** Whether this machine can run the suites that drive a real Neovim. */
import { spawnSync } from 'node:child_process';

/** The editor to run, or why there is none; an explicit SONDE_NVIM is kept. */
export type NeovimPlan = { readonly executable: string } | { readonly missing: string };

export function neovimPlan(): NeovimPlan {
  const executable = process.env.SONDE_NVIM ?? 'nvim';
  const { stdout, error } = spawnSync(executable, ['--version'], { encoding: 'utf8' });
  if (error) return { missing: 'there is no Neovim (apt-get install neovim, or name one by SONDE_NVIM)' };
  const [, minor] = /^NVIM v0\.(\d+)/.exec(stdout) ?? [];
  return minor !== undefined && Number(minor) < 7
    ? { missing: `${executable} is older than 0.7, whose Lua functions are used` }
    : { executable };
}
