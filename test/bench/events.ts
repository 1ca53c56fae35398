/** The events of the benchmarks: like a phone's, numbered, by so many users. */
import { createRandom } from '../simulation/city/random.ts';
import type { BenchEvent } from './lab.ts';

/**
 * Uniform over users, or Zipf: user k's share goes with 1 / k^s. The same for the same arguments.
 *
 * @param unasked part of the events without consent, for which nobody is asked.
 */
export function* benchEvents(count: number, users: number, zipf = 0, unasked = 0): Generator<BenchEvent> {
  const pick = createPicker(users, zipf);
  const random = createRandom('bench');
  for (let event = 0; event < count; event += 1) {
    const userId = `user-${String(pick(random.next()))}`;
    const refused = unasked > 0 && random.next() < unasked;
    yield { userId, value: benchValue(event, userId, random.next(), refused ? { pushConsent: false } : {}) };
  }
}

export function benchValue(
  event: number,
  userId: string,
  place: number,
  more: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({
    userId,
    eventId: `e-${String(event)}`,
    occurredAt: new Date().toISOString(),
    // As phones tell them: a tenth of a micrometre would be noise.
    latitude: Number((52.4 + place / 10).toFixed(7)),
    longitude: Number((13.3 + place / 10).toFixed(7)),
    merchantId: `m-${String(event % 200)}`,
    trigger: 'enter',
    accuracyMeters: 12,
    timeZone: 'Europe/Berlin',
    locale: 'de-DE',
    ...more,
  });
}

function createPicker(users: number, zipf: number): (random: number) => number {
  let sum = 0;
  const sums = Array.from({ length: users }, (_, k) => (sum += 1 / (k + 1) ** zipf));
  return (random) => {
    const wanted = random * sum;
    let low = 0;
    let high = users - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sums[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
