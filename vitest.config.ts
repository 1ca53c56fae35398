/**
 * Four projects, by what they need. `unit` and `contract` (the contracts' suites on the adapters in memory) need
 * nothing: `npm run test:quick` runs these two. `integration` (contracts on the real adapters, and adapters) shares one set
 * of real services; its files run side by side because each uses topics and key prefixes of its own. `scenarios`
 * starts whole pods, so one file at a time and after the rest: two cores, and timings that mean something.
 */
import { defineConfig } from 'vitest/config';
import { summaryReporter } from './test/tools/reporter.ts';

const services = ['test/tools/global-setup.ts'];

export default defineConfig({
  test: {
    reporters: ['default', summaryReporter()],
    pool: 'forks',
    setupFiles: ['test/tools/file-cost.ts', 'test/tools/property-seed.ts'],
    maxWorkers: 2,
    // Generous, as no test asserts a time: a busy machine is slow, not wrong.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          env: { CONTRACT_ADAPTERS: 'in memory' },
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/contract/**/*.test.ts', 'test/integration/**/*.test.ts'],
          globalSetup: services,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'scenarios',
          include: ['test/scenarios/**/*.test.ts'],
          globalSetup: services,
          testTimeout: 180_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
