import { defineConfig } from 'vitest/config';
import { webgpuPlan } from './test/support/webgpu.ts';

const WEBGPU = ['test/**/{webgpu,*.webgpu}.test.ts'];
const plan = webgpuPlan();
// `.ci/run` sets SONDE_REQUIRE=webgpu: there a suite that cannot run is a failure, not a message.
const required = (process.env.SONDE_REQUIRE ?? '').split(',').includes('webgpu');
if ('missing' in plan) {
  if (required) throw new Error(`The WebGPU suites are required and cannot run: ${plan.missing}.`);
  console.log(`The WebGPU suites do not run: ${plan.missing}.`);
}

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: WEBGPU } },
      ...('env' in plan ? [{ extends: true as const, test: { name: 'webgpu', include: WEBGPU, env: plan.env } }] : []),
    ],
  },
});
