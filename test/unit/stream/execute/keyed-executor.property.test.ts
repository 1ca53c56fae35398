/** Any schedule keeps the executor's promises, and keys start in the order in which their heads arrived. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createKeyedExecutor } from '../../../../src/stream/execute/keyed-executor.ts';
import { checkExecutor } from './keyed-executor-schedule.ts';

it('keeps its promises under any schedule', { timeout: 60_000 }, async () => {
  await checkExecutor(createKeyedExecutor, { numRuns: 500 });
});

it('starts ready keys in the order in which their heads arrived', () => {
  const waves = fc.array(fc.nat(5), { minLength: 1, maxLength: 40, size: 'max' });
  fc.assert(
    fc.property(waves, (keys) => {
      const started: number[] = [];
      const executor = createKeyedExecutor({ maxRunning: 1, onFault: () => {} });
      executor.pause();
      keys.forEach((key, id) => {
        executor.submit({ key: `k${key}`, run: () => void started.push(id), drop: () => {} });
      });
      executor.resume();
      // With room for one and tasks that complete at once, the oldest is always the next.
      expect(started).toEqual(keys.map((_, id) => id));
    }),
  );
});
