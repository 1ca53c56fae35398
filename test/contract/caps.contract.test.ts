import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breaches, history, play } from '../support/cap-world.ts';
import { inMemoryHarness, redisHarness, type ClaimsHarness } from '../support/claims-harness.ts';

const implementations: readonly (readonly [string, number, () => ClaimsHarness | Promise<ClaimsHarness>])[] =
  [
    ['in memory', 1500, inMemoryHarness],
    ['in Redis', 60, redisHarness],
  ];

describe.each(implementations)('caps, claims %s', (_name, numRuns, create) => {
  it('hold whatever is claimed, sent, lost and swept in whatever order', async () => {
    let sends = 0;
    await fc.assert(
      fc.asyncProperty(history, async (world) => {
        const harness = await create();
        try {
          const received = await play(harness, world);
          sends += received.length;
          expect(breaches(world.caps, received)).toEqual([]);
        } finally {
          await harness.close();
        }
      }),
      { numRuns },
    );
    // A world in which nothing is ever sent keeps every cap.
    expect(sends).toBeGreaterThan(numRuns);
  });
});
