/**
 * How long the claims keep things. Every key has a time to live. An undelivered push is kept so long that only a
 * service that is away for a month loses it unseen.
 *
 * `npm run bench -- --only redis-memory` measures what that costs; test/bench/README.md has the figures.
 */
import { MAX_CAP_WINDOW_MS } from '../domain/cap.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * A decided record outlives the last moment at which its event could be accepted again by a day. The day covers clocks
 * that disagree, and an age limit that is raised after the decision.
 */
export const RECORD_MARGIN_MS = DAY_MS;
/** An undelivered record waits this long beyond its expiry for the sweep to see it. */
export const UNDELIVERED_KEEP_MS = 31 * DAY_MS;
/** A history lives a day longer than its newest entry can count. */
export const HISTORY_KEEP_MS = MAX_CAP_WINDOW_MS + DAY_MS;
