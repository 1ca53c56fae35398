/** How many a second, over the last seconds: one look's difference would jump about. */
import { tableOf, type Counts } from './counters.ts';

/** A pace of the last seconds, that follows a stop within them. */
const WINDOW_MS = 10_000;
/** More looks than this in the window replace the oldest. */
const MOST_LOOKS = 32;

interface Look {
  readonly atMs: number;
  readonly counts: Counts;
}

export interface Rates {
  /**
   * @param atMs monotonic.
   * @returns per second since the oldest look of the last 10 s, or since the first.
   */
  look(atMs: number, counts: Counts): Counts;
}

export function createRates(): Rates {
  const looks: Look[] = [];
  return {
    look(atMs, counts) {
      // The one before the window stays: the span is then the window's at least.
      while (looks.length > MOST_LOOKS || (looks[1] !== undefined && looks[1].atMs <= atMs - WINDOW_MS)) {
        looks.shift();
      }
      looks.push({ atMs, counts });
      const first = looks[0];
      const seconds = first === undefined ? 0 : (atMs - first.atMs) / 1000;
      if (first === undefined || seconds <= 0) return tableOf(() => 0);
      return tableOf((name) => Math.round(((counts[name] - first.counts[name]) / seconds) * 100) / 100);
    },
  };
}
