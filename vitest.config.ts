/**
 * Four projects, by what they need. `unit` and `contract` (the contracts' suites on the adapters in memory) need
 * nothing: `npm run test:quick` runs these two. `integration` (the contracts on the real adapters, and adapters) and
 * `scenarios` (whole pods) share one set of real services. The first three run side by side, spread over the run.
 * Scenarios come after them, SCENARIOS_AT_ONCE files at once (default 3): each has topics, key prefixes and a Redis
 * database of its own.
 */
import { defineConfig } from 'vitest/config';
import { availableParallelism } from 'node:os';
import { summaryReporter } from './test/tools/reporter.ts';
import { SpreadSequencer } from './test/tools/sequencer.ts';

const scenariosAtOnce = Number(process.env['SCENARIOS_AT_ONCE'] ?? 3);
/** Minutes of faults one after the other, on a machine at rest: `npm run prove-…`, and no part of `npm test`. */
const isProof = process.env['KEEP_PROOFS'] === '1';
const services = ['test/tools/global-setup.ts'];

export default defineConfig({
  test: {
    reporters: ['default', summaryReporter()],
    pool: 'forks',
    setupFiles: ['test/tools/file-cost.ts', 'test/tools/property-seed.ts'],
    // One more than there are cores: scenarios and integration tests wait for a part of their time.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: SpreadSequencer },
    // Generous, as no test asserts a time: a busy machine is slow, not wrong.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          env: { CONTRACT_ADAPTERS: 'in memory' },
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/contract/**/*.test.ts', 'test/integration/**/*.test.ts'],
          globalSetup: services,
        },
      },
      {
        extends: true,
        test: {
          name: 'scenarios',
          include: ['test/scenarios/**/*.test.ts'],
          globalSetup: services,
          testTimeout: 300_000,
          maxWorkers: scenariosAtOnce,
          sequence: { groupOrder: 1 },
        },
      },
      ...(isProof
        ? [
            {
              extends: true as const,
              test: {
                name: 'proofs',
                include: ['test/proofs/**/*.test.ts'],
                globalSetup: services,
                testTimeout: 300_000,
                maxWorkers: 1,
              },
            },
          ]
        : []),
    ],
  },
});
