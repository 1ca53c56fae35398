/**
 * The executor beside an in-order window (the usual `mapAsync`), both calling a partner that serves one user's
 * calls one after the other. The window does not know of users: it has several calls of one user out at once,
 * they queue at the partner, and those that wait beyond the caller's time limit are given up and called again
 * while the partner still works them off for nobody. That is what makes the window fall as more is in flight.
 */
import { createKeyedExecutor } from '../../../src/stream/execute/keyed-executor.ts';
import { createRandom } from '../../simulation/city/random.ts';
import type { BenchClock } from './simulated-clock.ts';

const USERS = 1000;
/** Uniform from 10 to 30. */
const MEAN_SERVICE_MS = 20;
const TIMEOUT_MS = 100;
/** Received and not finished, as in a pod: what the executor chooses from. */
const LOOK_AHEAD = 10_000;
/** More events than any window ends in its time. */
const LONGEST_RUN = 1_000_000;

interface Partner {
  /** Calls back when the call has been served; a call for a busy user waits for its turn. */
  call(user: number, served: () => void): void;
}

function createPartner(clock: BenchClock): Partner {
  const random = createRandom('per-key');
  const freeAtMs = new Float64Array(USERS);
  return {
    call(user, served) {
      const begins = Math.max(clock.now(), freeAtMs[user] ?? 0);
      const ends = begins + MEAN_SERVICE_MS * (0.5 + random.next());
      freeAtMs[user] = ends;
      clock.after(ends - clock.now(), served);
    },
  };
}

/** @returns the user of each event, drawn uniformly, the same in each run. */
function drawUsers(events: number): Uint16Array {
  const random = createRandom('users');
  return Uint16Array.from({ length: events }, () => Math.floor(random.next() * USERS));
}

export interface ExecutorRun {
  readonly tookMs: number;
  /** What min(cap, users with work) at every moment would have finished at the mean time that a call took. */
  readonly boundEvents: number;
}

export async function runExecutor(clock: BenchClock, events: number, inFlight: number): Promise<ExecutorRun> {
  const partner = createPartner(clock);
  const users = drawUsers(events);
  const ended = Promise.withResolvers<ExecutorRun>();
  const startedMs = clock.now();
  const executor = createKeyedExecutor({ maxRunning: inFlight, onFault: ended.reject });
  let submitted = 0;
  let finished = 0;
  let placesMs = 0;
  let callsMs = 0;
  let countedToMs = startedMs;
  function countBound(): void {
    const nowMs = clock.now();
    placesMs += (nowMs - countedToMs) * Math.min(inFlight, executor.keys);
    countedToMs = nowMs;
  }
  function fill(): void {
    while (submitted < events && submitted - finished < LOOK_AHEAD) {
      const user = users[submitted] ?? 0;
      submitted += 1;
      executor.submit({
        key: String(user),
        run: () =>
          new Promise<void>((resolve) => {
            const calledMs = clock.now();
            partner.call(user, () => {
              callsMs += clock.now() - calledMs;
              resolve();
            });
          }).then(finish),
        drop: () => undefined,
      });
    }
  }
  function finish(): void {
    finished += 1;
    countBound();
    if (finished === events) {
      ended.resolve({ tookMs: clock.now() - startedMs, boundEvents: (placesMs * events) / callsMs });
    } else fill();
  }
  fill();
  await startPlaying(clock);
  return ended.promise;
}

/** A place in the window is free when the oldest has ended. Resolves with the events that ended within `forMs`. */
export async function runWindow(clock: BenchClock, forMs: number, inFlight: number): Promise<number> {
  const partner = createPartner(clock);
  const users = drawUsers(LONGEST_RUN);
  const startedMs = clock.now();
  const isDone = new Uint8Array(LONGEST_RUN);
  let emitted = 0;
  let started = 0;
  const isOver = (): boolean => clock.now() - startedMs > forMs;
  function attempt(event: number): void {
    if (isOver()) return;
    let settled = false;
    partner.call(users[event] ?? 0, () => {
      if (settled || isOver()) return;
      settled = true;
      isDone[event] = 1;
      emit();
    });
    clock.after(TIMEOUT_MS, () => {
      if (settled) return;
      settled = true;
      attempt(event);
    });
  }
  function emit(): void {
    while (emitted < started && isDone[emitted] === 1) emitted += 1;
    while (started < LONGEST_RUN && started - emitted < inFlight) attempt(started++);
  }
  emit();
  await startPlaying(clock);
  return emitted;
}

async function startPlaying(clock: BenchClock): Promise<void> {
  if ('play' in clock && typeof clock.play === 'function') await (clock.play as () => Promise<void>)();
}
