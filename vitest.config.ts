import { fileURLToPath } from 'node:url';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { browserPlan } from './test/support/browser.ts';
import { e2ePlan } from './test/support/e2e.ts';
import { neovimPlan } from './test/support/neovim.ts';
import { pythonPlan } from './test/support/python.ts';
import { webgpuPlan } from './test/support/webgpu.ts';

/** A suite that needs something of the machine: a project of its own, with its environment, or the reason why it does not run. */
interface Suite {
  readonly name: string;
  readonly include: string[];
  readonly plan: { readonly env?: Record<string, string> } | { readonly missing: string };
  /** What else the project is told. */
  readonly options?: TestProjectInlineConfiguration['test'];
}

const SUITES: Suite[] = [
  { name: 'webgpu', include: ['test/**/{webgpu,*.webgpu}.test.ts'], plan: webgpuPlan() },
  { name: 'browser', include: ['test/**/{browser,*.browser}.test.ts'], plan: browserPlan() },
  { name: 'neovim', include: ['test/**/neovim.test.ts'], plan: neovimPlan() },
  { name: 'python', include: ['test/**/{python,*.python}.test.ts'], plan: pythonPlan() },
  {
    name: 'e2e',
    include: ['test/e2e/**/*.test.ts'],
    plan: e2ePlan(),
    // One workbench for all files, after everything else: what people see depends on how fast it comes.
    options: {
      globalSetup: 'test/e2e/support/global-setup.ts',
      testTimeout: 240_000,
      hookTimeout: 240_000,
      maxWorkers: 1,
      sequence: { groupOrder: 1 },
    },
  },
];

// `.ci/run` names suites in SONDE_REQUIRE: there one that cannot run is a failure, not a message.
const required = (process.env.SONDE_REQUIRE ?? '').split(',');
for (const { name, plan } of SUITES) {
  if (!('missing' in plan)) continue;
  if (required.includes(name)) throw new Error(`The ${name} suites are required and cannot run: ${plan.missing}.`);
  console.log(`The ${name} suites do not run: ${plan.missing}.`);
}

export default defineConfig({
  // Tests read the protocol's sources, so that they never see an older build of it.
  resolve: { alias: { '@sonde/protocol': fileURLToPath(new URL('./protocol/src/index.ts', import.meta.url)) } },
  test: {
    // Against what hangs, not against what is slow: a machine may be busy with something else.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 120_000 } },
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: SUITES.flatMap(({ include }) => include) },
      },
      ...SUITES.flatMap(({ name, include, plan, options = {} }) =>
        'missing' in plan ? [] : [{ extends: true as const, test: { name, include, env: plan.env ?? {}, ...options } }],
      ),
    ],
  },
});
