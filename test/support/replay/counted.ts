/** Compared events as `rules simulate` counts them. */
import type { Answer } from '../../../src/replay/answer.ts';
import { createComparison, type Comparison } from '../../../src/replay/comparison.ts';
import { countInto, type CountOptions } from '../../../src/replay/count-events.ts';
import { afterNoon, compared, type ComparedChanges } from './answers.ts';

const HASHES = { before: undefined, after: 'no such' };

export type Event = readonly [before: Answer, after: Answer, changes?: ComparedChanges, isLate?: boolean];

/** @param events e-1, e-2, … of which each is decided a second after the one before. */
export function count(
  events: readonly Event[],
  { into = createComparison(), ...options }: Partial<CountOptions> & { readonly into?: Comparison } = {},
): Comparison {
  const add = countInto(into, { maxIds: 100, hashes: HASHES, ...options });
  for (const [index, [before, after, changes = {}, isLate = false]] of events.entries()) {
    const place = index + 1;
    const record = { eventId: `e-${String(place)}`, at: afterNoon(place), ...changes.record };
    add(compared(before, after, { ...changes, record }), isLate);
  }
  return into;
}
export const times = (length: number, event: Event): Event[] => Array.from({ length }, () => event);
export const idsOf = ({ ids: { ids } }: { readonly ids: { readonly ids: readonly string[] } }) => ids;
