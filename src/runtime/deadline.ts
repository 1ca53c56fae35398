/**
 * Time limits. {@link within} answers for a task that can't be ended: it goes on, and what it comes to later is ignored.
 * {@link bounded} hands the task a signal and leaves its end to the task. Neither leaves a timer or a listener behind.
 */
import { unwatch, watch } from './abort-hub.ts';
import { systemClock, type Clock } from './clock.ts';

export interface Limit<Late> {
  /** ≥ 0. Undefined: as long as it takes, until the signal is aborted. */
  readonly limitMs: number | undefined;
  /** What to answer, or to throw, once the limit has passed. Default: undefined is the answer. */
  readonly late?: () => Late;
  /** Aborted: the limit has passed. */
  readonly signal?: AbortSignal;
  /** Default: the system's. */
  readonly clock?: Pick<Clock, 'sleep'>;
}

const LATE = Symbol('late');
/** Why a wait that nobody needs any more is over: made once, as an AbortError of its own costs 50 µs. */
const ENDED = new DOMException('ended', 'AbortError');

/** @returns the task's answer, or what `late` makes of its absence. @throws what the task throws in time. */
export async function within<T, Late = undefined>(task: Promise<T>, limit: Limit<Late>): Promise<T | Late> {
  const { limitMs, signal, clock = systemClock } = limit;
  return joined(signal === undefined ? [] : [signal], async (over, end) => {
    const passed = limitMs === undefined ? aborted(over) : clock.sleep(limitMs, over);
    try {
      const first = await Promise.race([task, passed.then((): typeof LATE => LATE)]);
      return first === LATE ? (limit.late?.() as Late) : first;
    } finally {
      end(ENDED);
    }
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

export interface Bound {
  /** ≥ 0. */
  readonly limitMs: number;
  /** Each ends the task early. They may live for longer than it, and be shared by thousands. */
  readonly signals?: readonly AbortSignal[];
  /** Default: the system's. */
  readonly clock?: Pick<Clock, 'sleep'>;
}

/** Runs `task` with a signal that is aborted after the limit, or by one of `signals`. The task is expected to end then. */
export async function bounded<T>(task: (signal: AbortSignal) => Promise<T>, bound: Bound): Promise<T> {
  const { limitMs, signals = [], clock = systemClock } = bound;
  const over = new AbortController();
  try {
    return await joined(signals, (signal, end) => {
      void clock.sleep(limitMs, over.signal).then(() => end());
      return task(signal);
    });
  } finally {
    over.abort(ENDED);
  }
}

/** Resolves after `ms`, or at once when one of the signals is aborted. Never rejects. */
export async function pause(
  clock: Pick<Clock, 'sleep'>,
  ms: number,
  ...signals: readonly AbortSignal[]
): Promise<void> {
  await joined(signals, (signal) => clock.sleep(ms, signal));
}

/** Runs `task` with a signal of its own that follows these: nothing stays behind on them. */
async function joined<T>(
  signals: readonly AbortSignal[],
  task: (signal: AbortSignal, end: (reason?: DOMException) => void) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const end = (reason?: DOMException): void => controller.abort(reason);
  const item = { abandon: (): void => end() };
  for (const signal of signals) watch(signal, item);
  try {
    return await task(controller.signal, end);
  } finally {
    for (const signal of signals) unwatch(signal, item);
  }
}
