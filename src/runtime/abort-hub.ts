/**
 * One listener a signal, however many wait on it. The signal of a pod that stops is one for thousands of waits, and
 * an EventTarget walks all its listeners for each one added or removed; a set does not.
 */
import type { Abandonable } from './abandonable.ts';

const hubs = new WeakMap<AbortSignal, Set<Abandonable>>();

/** `item.abandon()` is called when the signal is aborted; at once if it is already. End with {@link unwatch}. */
export function watch(signal: AbortSignal, item: Abandonable): void {
  if (signal.aborted) {
    item.abandon();
    return;
  }
  let items = hubs.get(signal);
  if (items === undefined) {
    const created = new Set<Abandonable>();
    items = created;
    hubs.set(signal, created);
    signal.addEventListener(
      'abort',
      () => {
        for (const watching of created) watching.abandon();
      },
      { once: true },
    );
  }
  items.add(item);
}

export function unwatch(signal: AbortSignal, item: Abandonable): void {
  hubs.get(signal)?.delete(item);
}
