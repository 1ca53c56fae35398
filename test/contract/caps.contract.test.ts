import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { breaches, history, play } from '../support/claims/cap-world.ts';
import { claimsWorlds, shortWorlds } from '../support/claims/claims-harness.ts';

/** Worlds that are played, by where the claims are. */
const RUNS: Readonly<Record<string, number>> = {
  'in memory': 1500,
  'of a replay': 500,
  'in Redis': 60,
  'in a Redis Cluster': 20,
  'in Redis, told at once and short': 60,
};

const worlds = [...claimsWorlds(), ...shortWorlds()];

describe.each(worlds.map((world) => ({ world, name: world.name, numRuns: RUNS[world.name] ?? 20 })))(
  'caps, claims $name',
  ({ world, numRuns }) => {
    let obstacle: string | undefined;
    beforeAll(async () => {
      obstacle = await world.open();
    });
    afterAll(() => world.close());

    it('hold whatever is claimed, sent, lost and swept in whatever order', async ({ skip }) => {
      skip(obstacle !== undefined, obstacle);
      let sends = 0;
      await fc.assert(
        fc.asyncProperty(history, async (played) => {
          const harness = await world.create();
          try {
            const received = await play(harness, played);
            sends += received.length;
            expect(breaches(played.caps, received)).toEqual([]);
          } finally {
            await harness.close();
          }
        }),
        { numRuns },
      );
      // A world in which nothing is ever sent keeps every cap.
      expect(sends).toBeGreaterThan(numRuns);
    });
  },
);
