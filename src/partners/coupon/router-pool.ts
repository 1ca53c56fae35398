/**
 * The router pool: at most `limit` calls are out at once, the others wait here. Each partition
 * has a fair share of the slots, so that one whose calls all hang leaves room for the others. Calls of one share go in
 * the order in which they came; shares take turns.
 *
 * First calls and tries again are two classes. While first calls wait, tries again take at most a quarter of the slots;
 * with fewer than four slots one, after every three first calls. While no first call waits, they take up to a half. So
 * users whose calls hang for the whole time limit don't fill the pool.
 *
 * Waiting costs no socket and no timer; it ends when there is a slot, when the event is stale, or when its ownership is
 * lost. The limit may be changed at any time. 0 (the breaker is open) lets nobody through and parks all that wait. A
 * smaller limit takes effect as calls return.
 */
import { createFairShares, type Share } from '../../runtime/collections/fair-shares.ts';
import { createLinkedList, type Linked, type LinkedList } from '../../runtime/collections/linked-list.ts';
import type { Abandonable } from '../../runtime/abandonable.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Ownership } from '../../domain/ownership.ts';

export type Admission = 'admitted' | 'stale' | 'abandoned';

export interface RouterPool {
  /** Takes a slot where the share may have one and has no call waiting. */
  tryEnter(share?: Share, isAgain?: boolean): boolean;
  /**
   * Waits for a slot. Resolves as `admitted` (the caller holds a slot now), `stale` within 100 ms after
   * `staleAtMs` (epoch ms) or once a try again `isOver`, or `abandoned` at once when ownership is revoked. Never rejects.
   */
  wait(staleAtMs: number, ownership: Watched, share?: Share, again?: TryAgain): Promise<Admission>;
  /** Gives a slot back, by whom it was taken. */
  leave(share?: Share, isAgain?: boolean): void;
  /** @param limit ≥ 0, whole. @param probing first calls go before all tries again. */
  setLimit(limit: number, probing?: boolean): void;
  /** @param parts how many shares the slots are divided into, ≥ 1; 1 at first. */
  shareBetween(parts: number): void;
  limit(): number;
  /** Slots taken. */
  inFlight(): number;
  waiting(): number;
  /** First calls that wait, and since when the first of them does (`performance.now()`). */
  firstCalls(): { readonly waiting: number; readonly sinceMs: number | undefined };
  /** All who wait are abandoned; who comes later, too. */
  close(): void;
}

/** What is asked of an ownership here. */
export type Watched = Pick<Ownership, 'isRevoked' | 'watch' | 'unwatch' | 'park'>;

export interface TryAgain {
  /** It is not to wait any longer. */
  isOver(): boolean;
}

interface Waiter extends Abandonable, Linked<Waiter> {
  readonly staleAtMs: number;
  readonly sinceMs: number;
  readonly ownership: Watched;
  readonly resolve: (admission: Admission) => void;
  readonly again: TryAgain | undefined;
  readonly queue: ShareQueue;
}

/** The calls of one share that wait; the share takes turns while there are any. */
interface ShareQueue extends Linked<ShareQueue> {
  readonly share: Share;
  readonly waiters: LinkedList<Waiter>;
}

const QUARTER = 4;
/** With fewer slots than four a try again goes after so many first calls. */
const FIRST_CALLS_BETWEEN = 3;
const SWEEP_MS = 100;

/** Who waits of one class. */
function createWaitingClass() {
  /** Of every share that ever had a call waiting: there are few. */
  const queues = new Map<Share, ShareQueue>();
  /** Of those who have now; whose turn it is comes first. */
  const inTurn = createLinkedList<ShareQueue>();
  let size = 0;
  return {
    size: () => size,
    hasAny: (share: Share): boolean => size > 0 && queues.get(share)?.waiters.first() !== undefined,
    queueOf(share: Share): ShareQueue {
      const known = queues.get(share);
      if (known !== undefined) return known;
      const queue: ShareQueue = { share, waiters: createLinkedList(), previous: undefined, next: undefined };
      queues.set(share, queue);
      return queue;
    },
    append(waiter: Waiter): void {
      const { queue } = waiter;
      if (queue.waiters.first() === undefined) inTurn.append(queue);
      queue.waiters.append(waiter);
      size += 1;
    },
    remove(waiter: Waiter): void {
      const { queue } = waiter;
      queue.waiters.remove(waiter);
      if (queue.waiters.first() === undefined) inTurn.remove(queue);
      size -= 1;
    },
    /** The first who may have a slot; its share’s next turn comes after all others’. */
    takeTurn(canAcquire: (share: Share) => boolean): Waiter | undefined {
      for (let queue = inTurn.first(); queue !== undefined; queue = queue.next) {
        if (!canAcquire(queue.share)) continue;
        inTurn.remove(queue);
        inTurn.append(queue);
        return queue.waiters.first();
      }
      return undefined;
    },
    /** The waiter may leave meanwhile. */
    forEach(visit: (waiter: Waiter) => void): void {
      for (const { waiters } of queues.values()) {
        for (let waiter = waiters.first(); waiter !== undefined;) {
          const { next } = waiter;
          visit(waiter);
          waiter = next;
        }
      }
    },
  };
}

/** @param limit most slots taken at once, ≥ 0. */
export function createRouterPool(limit: number, clock: Clock): RouterPool {
  const shares = createFairShares(limit);
  const firsts = createWaitingClass();
  const agains = createWaitingClass();
  let againTaken = 0;
  /** First calls let in since the last try again. */
  let firstsSince = FIRST_CALLS_BETWEEN;
  let isProbing = false;
  let sweeping = false;
  const closed = new AbortController();

  function end(waiter: Waiter, admission: Admission): void {
    (waiter.again === undefined ? firsts : agains).remove(waiter);
    waiter.ownership.unwatch(waiter);
    waiter.resolve(admission);
  }

  function take(share: Share, isAgain: boolean): void {
    shares.acquire(share);
    if (isAgain) {
      againTaken += 1;
      firstsSince = 0;
    } else firstsSince += 1;
  }

  /** Whether one more try again may have a slot. */
  function mayTryAgain(): boolean {
    const slots = shares.size();
    if (firsts.size() === 0) return againTaken < (isProbing ? slots : Math.max(1, Math.floor(slots / 2)));
    if (isProbing || (slots < QUARTER && firstsSince < FIRST_CALLS_BETWEEN)) return false;
    return againTaken < Math.max(1, Math.floor(slots / QUARTER));
  }

  /** Tries again are older, as a rule. */
  function next(): Waiter | undefined {
    const again = agains.size() > 0 && mayTryAgain() ? agains.takeTurn(shares.canAcquire) : undefined;
    return again ?? firsts.takeTurn(shares.canAcquire);
  }

  function isDue({ staleAtMs, again }: Waiter, nowMs: number): boolean {
    return staleAtMs <= nowMs || again?.isOver() === true;
  }

  function admit(): void {
    while (shares.total() < shares.size()) {
      const waiter = next();
      if (waiter === undefined) return;
      if (isDue(waiter, clock.now())) {
        end(waiter, 'stale');
      } else {
        take(waiter.queue.share, waiter.again !== undefined);
        end(waiter, 'admitted');
      }
    }
  }

  function forEach(visit: (waiter: Waiter) => void): void {
    firsts.forEach(visit);
    agains.forEach(visit);
  }

  /** One timer for all who wait: deadlines are minutes away as a rule, and a walk over thousands takes microseconds. */
  async function sweep(): Promise<void> {
    while (firsts.size() + agains.size() > 0 && !closed.signal.aborted) {
      await clock.sleep(SWEEP_MS, closed.signal);
      const nowMs = clock.now();
      forEach((waiter) => {
        if (isDue(waiter, nowMs)) end(waiter, 'stale');
      });
    }
    sweeping = false;
  }

  return {
    tryEnter(share, isAgain = false) {
      if (shares.total() >= shares.size() || closed.signal.aborted) return false;
      if ((isAgain ? agains : firsts).hasAny(share) || !shares.canAcquire(share)) return false;
      if (isAgain && !mayTryAgain()) return false;
      take(share, isAgain);
      return true;
    },
    wait(staleAtMs, ownership, share, again) {
      if (ownership.isRevoked() || closed.signal.aborted) return Promise.resolve('abandoned');
      return new Promise((resolve) => {
        const of = again === undefined ? firsts : agains;
        const waiter: Waiter = {
          staleAtMs,
          sinceMs: performance.now(),
          ownership,
          resolve,
          again,
          queue: of.queueOf(share),
          previous: undefined,
          next: undefined,
          abandon: () => end(waiter, 'abandoned'),
        };
        of.append(waiter);
        ownership.watch(waiter);
        admit();
        if (!sweeping && firsts.size() + agains.size() > 0) {
          sweeping = true;
          void sweep();
        }
      });
    },
    leave(share, isAgain = false) {
      shares.release(share);
      if (isAgain) againTaken -= 1;
      admit();
    },
    setLimit(limitNow, probing = false) {
      shares.resize(limitNow);
      isProbing = probing;
      if (limitNow === 0) forEach(({ ownership }) => ownership.park());
      admit();
    },
    shareBetween(parts) {
      shares.shareBetween(parts);
      admit();
    },
    limit: () => shares.size(),
    inFlight: () => shares.total(),
    waiting: () => firsts.size() + agains.size(),
    firstCalls() {
      let sinceMs: number | undefined;
      firsts.forEach((waiter) => (sinceMs = Math.min(sinceMs ?? Infinity, waiter.sinceMs)));
      return { waiting: firsts.size(), sinceMs };
    },
    close() {
      closed.abort();
      forEach((waiter) => end(waiter, 'abandoned'));
    },
  };
}
