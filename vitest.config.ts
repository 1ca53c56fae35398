/**
 * Four projects, by what they need. `unit` and `contract` (the contracts' suites on the adapters in memory) need
 * nothing: `npm run test:quick` runs these two. `integration` (the contracts on the real adapters, and adapters) and
 * `scenarios` (whole pods) share one set of real services; each scenario has topics, key prefixes and a Redis database
 * of its own. All run side by side, each spread over the run, FILES_AT_ONCE files at once.
 */
import { defineConfig } from 'vitest/config';
import { availableParallelism } from 'node:os';
import { summaryReporter } from './test/tools/reporter.ts';
import { SpreadSequencer } from './test/tools/sequencer.ts';

/** Integration tests and scenarios wait most of their time. The shared Redis has databases for nine scenarios at once. */
const filesAtOnce = Number(process.env['FILES_AT_ONCE'] ?? Math.min(12, 2 * availableParallelism()));
const always = ['test/tools/file-cost.ts', 'test/tools/property-seed.ts'];
const computes = { setupFiles: [...always, 'test/tools/yield-cpu.ts'] };
const needsServices = { setupFiles: always, globalSetup: ['test/tools/global-setup.ts'] };

export default defineConfig({
  test: {
    reporters: ['default', summaryReporter()],
    pool: 'forks',
    maxWorkers: filesAtOnce,
    sequence: { sequencer: SpreadSequencer },
    // Generous, as no test asserts a time: a busy machine is slow, not wrong.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: { ...computes, name: 'unit', include: ['test/unit/**/*.test.ts'] },
      },
      {
        extends: true,
        test: {
          ...computes,
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          env: { CONTRACT_ADAPTERS: 'in memory' },
        },
      },
      {
        extends: true,
        test: {
          ...needsServices,
          name: 'integration',
          include: ['test/contract/**/*.test.ts', 'test/integration/**/*.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          ...needsServices,
          name: 'scenarios',
          include: ['test/scenarios/**/*.test.ts'],
          testTimeout: 300_000,
        },
      },
    ],
  },
});
