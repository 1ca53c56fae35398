/**
 * Lines of several partitions in one order, by time. A partition is nearly in order: a record may be written some time
 * after its moment. So the latest lines wait in a heap of bounded size, and leave it in order.
 */
import { popHeap, pushHeap } from '../../runtime/collections/heap.ts';

export interface TimedLine {
  /** Epoch ms. */
  readonly atMs: number;
  readonly line: string;
}

interface Waiting<T> {
  readonly item: T;
  /** Lines of one moment keep the order in which they came. */
  readonly turn: number;
}

interface Head<T> {
  readonly item: T;
  readonly source: AsyncIterator<T>;
}

export interface MergeBounds {
  /** ≥ 1. Default 10,000. */
  readonly lines?: number;
  /** Default 32 Mi. */
  readonly characters?: number;
}

/** Reads no source further than it must. */
export async function* mergeByTime<T extends TimedLine>(
  sources: readonly AsyncIterable<T>[],
  { lines = 10_000, characters = 32 * 1024 * 1024 }: MergeBounds = {},
): AsyncGenerator<T> {
  const heads: Head<T>[] = [];
  const isEarlierHead = (a: Head<T>, b: Head<T>): boolean => a.item.atMs < b.item.atMs;
  const waiting: Waiting<T>[] = [];
  const isEarlier = (a: Waiting<T>, b: Waiting<T>): boolean =>
    a.item.atMs < b.item.atMs || (a.item.atMs === b.item.atMs && a.turn < b.turn);
  let length = 0;
  let turn = 0;

  async function advance(source: AsyncIterator<T>): Promise<void> {
    const next = await source.next();
    if (next.done !== true) pushHeap(heads, { item: next.value, source }, isEarlierHead);
  }

  await Promise.all(sources.map((source) => advance(source[Symbol.asyncIterator]())));
  for (let head = popHeap(heads, isEarlierHead); head !== undefined; head = popHeap(heads, isEarlierHead)) {
    pushHeap(waiting, { item: head.item, turn: turn++ }, isEarlier);
    length += head.item.line.length;
    await advance(head.source);
    while (waiting.length > lines || length > characters) {
      const { item } = popHeap(waiting, isEarlier) as Waiting<T>;
      length -= item.line.length;
      yield item;
    }
  }
  for (let one = popHeap(waiting, isEarlier); one !== undefined; one = popHeap(waiting, isEarlier))
    yield one.item;
}
