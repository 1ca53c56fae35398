import type { Abandonable } from '../runtime/abandonable.ts';

/** The right to work on an event: lost when its partition is taken away or the drain limit passes. */
export interface Ownership {
  /** Aborted when ownership is revoked; waits end early by it. Made when first asked for, as that costs microseconds. */
  readonly signal: AbortSignal;
  isRevoked(): boolean;
  /** `item.abandon()` is called when ownership is revoked, at once if it is already. Cheap; end with {@link unwatch}. */
  watch(item: Abandonable): void;
  unwatch(item: Abandonable): void;
  /**
   * From now on the event only waits: its place among the events at work goes to another one. It keeps its user's order
   * and counts as in flight. May end parked. Twice is once.
   */
  park(): void;
  /** At work again at once, whether there is a place or not: for one that holds what others want (a call's slot). */
  unpark(): void;
  /** Undefined where it is not parked; else resolves as soon as it has a place. Never rejects. */
  whenRoom(): Promise<void> | undefined;
  /**
   * Asked at the start, and right before the claim and the enqueue.
   *
   * @throws AbandonedError when ownership is revoked. UnavailableError while it may be, and nobody has said so yet.
   */
  assertOwned(): void;
}
