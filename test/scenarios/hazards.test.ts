/**
 * The hazards, each played with every guard in place and once more for each guard that is taken away: what an
 * observer outside sees must then be different, or the hazard proves nothing.
 */
import { beforeAll, expect, it } from 'vitest';
import { playHazards, type HazardLanes } from '../support/hazard-lanes.ts';
import { deaths } from './hazards/deaths.ts';
import type { Hazard } from './hazards/hazard.ts';
import { pauses } from './hazards/pauses.ts';
import { replies } from './hazards/replies.ts';
import { windows } from './hazards/windows.ts';

const only = process.env['HAZARD'];
const hazards: readonly Hazard[] = [...deaths, ...pauses, ...windows, ...replies].filter(
  ({ name }) => only === undefined || name.includes(only),
);
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
  it.each(hazard.mutations)(
    `${hazard.name}: is seen without "$guard"`,
    async ({ guard, breaks }) => {
      const seen = await lanes.seen(hazard, guard);
      expect(seen).not.toEqual(hazard.holds);
      expect(seen).toMatchObject(breaks);
    },
    TIMEOUT_MS,
  );
}
