/** What pushes take in Redis: what waits, a day of decided ones, a month of histories. */
import type { Figures } from './figures.ts';

export interface Pushes {
  readonly pushesPerSecond: number;
  /** That they are shared among, evenly. */
  readonly users: number;
  /** From claim to send, s. */
  readonly pushWaitSeconds: number;
}

/** Bytes. */
export interface Memory {
  /** What waits, and nothing older: the first moments. */
  readonly waiting: number;
  readonly afterDay: number;
  readonly after30Days: number;
}

const DAY_SECONDS = 86_400;
/** Beyond a record's day: events may come so much later, and pushes wait as long. */
const ACCEPTED_SECONDS = 15 * 60;
const HISTORY_DAYS = 31;

/** Redis' own buffers, pods' notes and the queue's fixed keys come on top: some MB. */
export function memoryAt(pushes: Pushes, figures: Figures): Memory {
  const { pushesPerSecond, pushWaitSeconds } = pushes;
  const waiting = pushesPerSecond * pushWaitSeconds * (figures.undeliveredBytes + figures.jobBytes);
  const at = (seconds: number): number =>
    waiting + decidedBytes(pushes, seconds, figures) + historyBytes(pushes, seconds, figures);
  return { waiting, afterDay: at(DAY_SECONDS), after30Days: at(30 * DAY_SECONDS) };
}

function decidedBytes({ pushesPerSecond }: Pushes, seconds: number, { decidedBytes: each }: Figures): number {
  return pushesPerSecond * Math.min(seconds, DAY_SECONDS + ACCEPTED_SECONDS) * each;
}

/** A user's first push makes the history, each further one within its time makes it longer. */
function historyBytes({ pushesPerSecond, users }: Pushes, seconds: number, figures: Figures): number {
  const all = pushesPerSecond * Math.min(seconds, HISTORY_DAYS * DAY_SECONDS);
  const first = Math.min(users, all);
  return first * figures.historyBytes + (all - first) * figures.laterPushBytes;
}
