/**
 * Plays hazards, several worlds at a time: one world for all hazards with the same environment and every guard in
 * place, and one for each guard that is taken away. What was seen is kept for the tests, which only compare.
 */
import type { Facts, Hazard, Mutation } from '../../scenarios/hazards/hazard.ts';
import { startHazardWorld, type HazardWorld } from './hazard-world.ts';

export interface HazardLanes {
  /** What was seen with every guard in place, or without one. Rejects where the play could not be played. */
  seen(hazard: Hazard, guard?: string): Promise<Facts>;
}

interface Lane {
  readonly id: string;
  readonly env: Hazard['env'];
  readonly edits: Mutation['edits'];
  readonly plays: { readonly hazard: Hazard; readonly result: PromiseWithResolvers<Facts> }[];
}

/** To a world, as it is cheaper than a world, but a long lane would be waited for. */
const MOST_PLAYS = 6;

/** @param databases of Redis, one for each world that may be there at once. */
export function playHazards(hazards: readonly Hazard[], databases: readonly number[]): HazardLanes {
  const lanes: Lane[] = [];
  const results = new Map<string, Promise<Facts>>();
  const keyOf = ({ name }: Hazard, guard = '') => `${name}\n${guard}`;

  const add = (hazard: Hazard, { guard, edits }: Pick<Mutation, 'guard' | 'edits'>) => {
    const id = JSON.stringify([guard, hazard.env ?? {}]);
    const open = lanes.find((lane) => lane.id === id && lane.plays.length < MOST_PLAYS);
    const lane = open ?? { id, env: hazard.env, edits, plays: [] };
    if (open === undefined) lanes.push(lane);
    const result = Promise.withResolvers<Facts>();
    // Whoever asks is told; nobody may ask.
    result.promise.catch(() => undefined);
    lane.plays.push({ hazard, result });
    results.set(keyOf(hazard, guard), result.promise);
  };
  for (const hazard of hazards) {
    add(hazard, { guard: '', edits: [] });
    for (const mutation of hazard.mutations) add(hazard, mutation);
  }

  // The longest first, so that they end together.
  const waiting = lanes.toSorted((a, b) => b.plays.length - a.plays.length);
  const work = async (database: number): Promise<void> => {
    for (let lane = waiting.shift(); lane !== undefined; lane = waiting.shift())
      await playLane(lane, database);
  };
  void Promise.all(databases.map(work));
  return {
    seen: (hazard, guard) => results.get(keyOf(hazard, guard)) ?? Promise.reject(new Error('not played')),
  };
}

/** Never rejects: each play's result does. */
async function playLane({ env, edits, plays }: Lane, redisDatabase: number): Promise<void> {
  const starting = startHazardWorld({ redisDatabase, edits, env });
  for (const { hazard, result } of plays) {
    try {
      const world = await starting;
      await world.calm();
      result.resolve(await hazard.play(world));
    } catch (error) {
      result.reject(await explain(error, starting));
    }
  }
  await starting.then(
    (world) => world.stop(),
    () => undefined,
  );
}

/** The error with the pods' last words, as their logs are gone when somebody reads it. */
async function explain(error: unknown, starting: Promise<HazardWorld>): Promise<Error> {
  const world = await starting.catch(() => undefined);
  const words = world === undefined ? [] : await world.lastWords();
  return new Error([String(error), ...words].join('\n'), { cause: error });
}
