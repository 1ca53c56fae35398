/**
 * The hazards, each played with every guard in place and once more for each guard that is taken away: what an
 * observer outside sees must then be different, or the hazard proves nothing.
 */
import { beforeAll, expect, it } from 'vitest';
import { playHazards, type HazardLanes } from '../support/hazards/hazard-lanes.ts';
import { HAZARDS } from './hazards/list.ts';

/** For work on one of them: a part of its name. */
const only = process.env['HAZARD'];
const hazards = HAZARDS.filter(({ name }) => only === undefined || name.includes(only));
/** All lanes are played while the first tests wait. */
const TIMEOUT_MS = 900_000;

let lanes: HazardLanes;
beforeAll(() => {
  lanes = playHazards(hazards, [3, 4, 5, 6]);
});

for (const hazard of hazards) {
  it(
    hazard.name,
    async () => {
      expect(await lanes.seen(hazard)).toEqual(hazard.holds);
    },
    TIMEOUT_MS,
  );
  for (const { guard, breaks } of hazard.mutations) {
    it(
      `${hazard.name}: does harm unless ${guard}`,
      async () => {
        const seen = await lanes.seen(hazard, guard);
        const told = JSON.stringify(seen);
        expect(seen, told).not.toEqual(hazard.holds);
        expect(seen, told).toMatchObject(breaks);
      },
      TIMEOUT_MS,
    );
  }
}
