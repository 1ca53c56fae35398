/** A binary heap in a plain array: the item that comes before all others lies in front. Nothing else is in order. */

/** Adds an item. O(log items), O(1) where it comes after most. */
export function pushHeap<T>(heap: T[], item: T, isBefore: (a: T, b: T) => boolean): void {
  let at = heap.length;
  while (at > 0) {
    const up = (at - 1) >> 1;
    const parent = heap[up] as T;
    if (!isBefore(item, parent)) break;
    heap[at] = parent;
    at = up;
  }
  heap[at] = item;
}

/** Takes the item in front out; undefined where there is none. O(log items). */
export function popHeap<T>(heap: T[], isBefore: (a: T, b: T) => boolean): T | undefined {
  const first = heap[0];
  const last = heap.pop() as T;
  if (heap.length === 0) return first;
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    const right = child + 1;
    if (right < heap.length && isBefore(heap[right] as T, heap[child] as T)) child = right;
    const least = heap[child] as T;
    if (!isBefore(least, last)) break;
    heap[at] = least;
    at = child;
  }
  heap[at] = last;
  return first;
}
