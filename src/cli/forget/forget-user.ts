/**
 * Erases a user from Redis, while pods go on. What waits to be sent is withdrawn by the step that workers ask, so no
 * push goes out after it; what is being sent just now is waited for. A pod that works on an event of the user meanwhile
 * may write once more: so it looks again until nothing has come for longer than a pod's step takes.
 */
import type { DeliveryStore } from '../../domain/delivery.ts';
import type { EventRef } from '../../domain/event.ts';
import type { UserReader } from '../../claims/read-user.ts';
import type { UserKeys } from '../../claims/user-keys.ts';
import type { QueuedJobs } from '../../push/queued-job.ts';
import type { Clock } from '../../runtime/clock.ts';

export interface ForgetPorts {
  readonly user: Pick<UserReader, 'event'>;
  readonly keys: UserKeys;
  readonly jobs: Pick<QueuedJobs, 'eventsOf' | 'stateOf' | 'remove'>;
  readonly deliveries: Pick<DeliveryStore, 'release'>;
  readonly clock: Clock;
  /** Keeps what caps count by elsewhere: right before the history goes, and once more right after. Default: nothing. */
  readonly keepCaps?: () => Promise<() => Promise<void>>;
}

export interface Forgotten {
  readonly keys: number;
  readonly jobs: number;
  readonly withdrawn: number;
  /** Of the withdrawn, those whose end no pod has told: no outcome record has it. */
  readonly untold: number;
  /** Events that are still there: a push of theirs is being sent, or was left so. */
  readonly left: readonly string[];
}

/** A pod tells a withdrawn push's end as soon as its job runs; a job that is put off may run minutes later. */
const TOLD_WITHIN_MS = 5000;
/** Longer than a permission (2 s), and than a pod takes from a claim to its job. */
const QUIET_MS = 3000;
const LOOK_MS = 250;

/** @param withinMs how long pushes that are being sent are waited for. @throws UnavailableError where Redis is away. */
export async function forgetUser(userId: string, withinMs: number, ports: ForgetPorts): Promise<Forgotten> {
  const { clock, keys, jobs } = ports;
  const endAtMs = clock.now() + withinMs;
  const total = { keys: 0, jobs: 0, withdrawn: 0, untold: 0 };
  for (;;) {
    const round = await forgetOnce(userId, endAtMs, ports);
    total.keys += round.keys;
    total.jobs += round.jobs;
    total.withdrawn += round.withdrawn;
    total.untold += round.untold;
    if (round.left.length > 0) return { ...total, left: round.left };
    await clock.sleep(QUIET_MS);
    const [again, queued] = await Promise.all([keys.count(userId), jobs.eventsOf(userId)]);
    if (again === 0 && queued.length === 0) return { ...total, left: [] };
    if (clock.now() >= endAtMs) return { ...total, left: await findEvents(userId, ports) };
  }
}

async function findEvents(userId: string, { keys, jobs }: ForgetPorts): Promise<readonly string[]> {
  const [kept, queued] = await Promise.all([keys.events(userId), jobs.eventsOf(userId)]);
  return [...new Set([...kept, ...queued])];
}

async function forgetOnce(userId: string, endAtMs: number, ports: ForgetPorts): Promise<Forgotten> {
  const { clock, keys, jobs, deliveries, user } = ports;
  const eventIds = await findEvents(userId, ports);
  const refs = eventIds.map((eventId): EventRef => ({ userId, eventId }));
  const withdrawn = new Set<EventRef>();
  const toldByMs = clock.now() + TOLD_WITHIN_MS;

  /** @returns true once nothing of it can be sent any more, and its end is told or will not be. */
  async function isOver(ref: EventRef): Promise<boolean> {
    const kept = await user.event(ref);
    if (kept === undefined) return (await jobs.stateOf(ref)) !== 'at work' || clock.now() >= toldByMs;
    if (kept.state === 'claimed') {
      const ending = await deliveries.release(ref, 'withdrawn');
      if (ending.kind === 'done') withdrawn.add(ref);
      return false;
    }
    if (kept.state === 'sending') return false;
    return kept.isReported || clock.now() >= toldByMs;
  }

  let open = refs;
  for (;;) {
    const over = await Promise.all(open.map(isOver));
    open = open.filter((_, at) => over[at] !== true);
    if (open.length === 0 || clock.now() >= endAtMs) break;
    await clock.sleep(LOOK_MS);
  }
  const ended = refs.filter((ref) => !open.includes(ref));
  const told = await Promise.all([...withdrawn].map(async (ref) => (await user.event(ref))?.isReported));
  const removed = await Promise.all(ended.map((ref) => removeJob(ref, endAtMs, ports)));
  const isAll = open.length === 0;
  // What is being sent needs its record to be settled; the next try erases all.
  const keepAgain = isAll ? await ports.keepCaps?.() : undefined;
  const erased = isAll ? await keys.erase(userId, eventIds) : 0;
  await keepAgain?.();
  return {
    keys: erased,
    jobs: removed.filter((one) => one).length,
    withdrawn: withdrawn.size,
    untold: told.filter((one) => one !== true).length,
    left: open.map(({ eventId }) => eventId),
  };
}

/** A worker's job can't be removed, and ends by itself. @returns whether there was one, and it is gone. */
async function removeJob(ref: EventRef, endAtMs: number, { jobs, clock }: ForgetPorts): Promise<boolean> {
  if ((await jobs.stateOf(ref)) === 'absent') return false;
  while (!(await jobs.remove(ref))) {
    if (clock.now() >= endAtMs) return false;
    await clock.sleep(LOOK_MS);
  }
  return true;
}
