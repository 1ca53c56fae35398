/**
 * What a hazard is: something that happens to pods at the worst moment, what an observer outside must then see, and
 * the guards without which he would see something else. Everything in it is told in facts of the partners' ledger,
 * the outcome topic and the committed offsets.
 */
import type { SourceEdit } from '../../tools/planted-fault.ts';
import type { HazardWorld } from '../../support/hazards/hazard-world.ts';

/** What was seen from outside. */
export type Facts = Readonly<Record<string, unknown>>;

/** A guard that is taken away: a text or two of the source, replaced. */
export interface Mutation {
  /** The guard, in a few words. */
  readonly guard: string;
  readonly edits: readonly SourceEdit[];
  /** What is then seen: differs from what must be. */
  readonly breaks: Facts;
}

export interface Hazard {
  readonly name: string;
  /** What its pods have beyond the usual; hazards with the same share a world. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends by itself, with and without the guards. Begins with whatever pods there are, and may leave any behind. */
  play(world: HazardWorld): Promise<Facts>;
  readonly holds: Facts;
  readonly mutations: readonly Mutation[];
}

/** What came of an event's push: its ends as told, and how often the partner was asked. */
export async function delivered(
  world: HazardWorld,
  event: Parameters<HazardWorld['endsOf']>[0],
): Promise<{ readonly ends: ReturnType<HazardWorld['endsOf']>; readonly requests: number }> {
  return { ends: world.endsOf(event), requests: (await world.requestsOf(event)).length };
}
