/**
 * A semaphore over bytes of memory: a caller waits until the bytes that it wants are free, first come first served. One
 * that wants more than the capacity gets its permit alone.
 *
 * A holder that can do without its bytes says so with `allowEviction`. It is asked to release them while others wait,
 * once it has been idle for a while or has held them for long. So a record whose events wait for a partner keeps no
 * other record from being unpacked.
 */
import { createLinkedList, type Linked } from './linked-list.ts';

export interface ByteSemaphore {
  /** Resolves when so many bytes are free for the caller, who must release them. */
  acquire(bytes: number): Promise<BytePermit>;
  /** Bytes that are taken now. */
  heldBytes(): number;
}

export interface BytePermit {
  /** Gives back what is beyond `bytes`. */
  shrinkTo(bytes: number): void;
  /** At work with it just now. */
  touch(): void;
  /** @param onEvicted called at most once: others want the bytes, which are to be released now. */
  allowEviction(onEvicted: () => void): void;
  /** A second call changes nothing. */
  release(): void;
}

export interface ByteSemaphoreOptions {
  /** ≥ 1. */
  readonly capacityBytes: number;
  /** Without a {@link BytePermit.touch} for so long, bytes are given to those who wait. Default 1000 ms. */
  readonly idleMs?: number;
  /** Held for so long, too, however busy. Default 20,000 ms. */
  readonly longestMs?: number;
  /** Never goes back. */
  readonly nowMs?: () => number;
}

interface Holder extends Linked<Holder> {
  bytes: number;
  readonly sinceMs: number;
  touchedMs: number;
  onEvicted: (() => void) | undefined;
}

interface Waiter extends Linked<Waiter> {
  readonly bytes: number;
  readonly resolve: (permit: BytePermit) => void;
}

const LOOK_EVERY_MS = 250;

export function createByteSemaphore(options: ByteSemaphoreOptions): ByteSemaphore {
  const { capacityBytes, idleMs = 1000, longestMs = 20_000, nowMs = () => performance.now() } = options;
  const holders = createLinkedList<Holder>();
  const waiters = createLinkedList<Waiter>();
  let total = 0;
  let timer: NodeJS.Timeout | undefined;

  const fits = (bytes: number): boolean => total === 0 || total + bytes <= capacityBytes;

  function permit(bytes: number): BytePermit {
    const now = nowMs();
    const holder: Holder = {
      ...{ bytes, sinceMs: now, touchedMs: now, onEvicted: undefined, previous: undefined, next: undefined },
    };
    holders.append(holder);
    total += bytes;
    let isReleased = false;
    return {
      shrinkTo(left) {
        if (isReleased || left >= holder.bytes) return;
        total -= holder.bytes - left;
        holder.bytes = left;
        admit();
      },
      touch() {
        holder.touchedMs = nowMs();
      },
      allowEviction(onEvicted) {
        holder.onEvicted ??= onEvicted;
      },
      release() {
        if (isReleased) return;
        isReleased = true;
        total -= holder.bytes;
        holders.remove(holder);
        admit();
      },
    };
  }

  function admit(): void {
    for (let next = waiters.first(); next !== undefined && fits(next.bytes); next = waiters.first()) {
      waiters.remove(next);
      next.resolve(permit(next.bytes));
    }
    watch();
  }

  /** Looks now and then for somebody to evict, for as long as anybody waits. */
  function watch(): void {
    if (waiters.first() === undefined) {
      clearTimeout(timer);
      timer = undefined;
      return;
    }
    timer ??= setTimeout(() => {
      timer = undefined;
      evict();
      watch();
    }, LOOK_EVERY_MS).unref();
  }

  function evict(): void {
    const now = nowMs();
    for (let holder = holders.first(); holder !== undefined;) {
      const { next } = holder;
      const isDue = now - holder.touchedMs >= idleMs || now - holder.sinceMs >= longestMs;
      if (isDue && holder.onEvicted !== undefined) {
        const { onEvicted } = holder;
        holder.onEvicted = undefined;
        onEvicted();
        if (waiters.first() === undefined) return;
      }
      holder = next;
    }
  }

  return {
    acquire(bytes) {
      if (waiters.first() === undefined && fits(bytes)) return Promise.resolve(permit(bytes));
      return new Promise((resolve) => {
        waiters.append({ bytes, resolve, previous: undefined, next: undefined });
        watch();
      });
    },
    heldBytes: () => total,
  };
}
