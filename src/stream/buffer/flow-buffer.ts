/** Fetched records of a partition that have not been taken in, first in, first out. */
import { createLinkedList, type Linked } from '../../runtime/collections/linked-list.ts';
import type { RawRecord } from '../decode/record-decoder.ts';
import type { RecordChunk } from './record-chunk.ts';

/** Records, or a stretch of offsets without anything for us. */
export type FlowEntry =
  | { readonly kind: 'records'; readonly chunk: RecordChunk }
  | { readonly kind: 'skip'; readonly next: number; readonly passedOver: number };

export type Head =
  | {
      readonly kind: 'record';
      readonly offset: number;
      readonly bytes: number;
      /** About when the record was written, never later; epoch ms. */
      readonly timestampMs: number;
      open(): RawRecord;
    }
  | (FlowEntry & { readonly kind: 'skip' });

export interface FlowBuffer {
  append(entries: readonly FlowEntry[]): void;
  /** Undefined where nothing waits. */
  head(): Head | undefined;
  /** Drops the head. The head must have been opened before, or is not wanted. */
  next(): void;
  /** Bytes of the records that wait. */
  bytes(): number;
  clear(): void;
}

interface PendingEntry extends Linked<PendingEntry> {
  readonly entry: FlowEntry;
}

export function createFlowBuffer(): FlowBuffer {
  const pending = createLinkedList<PendingEntry>();
  /** Of the first entry's records. */
  let index = 0;
  let bytes = 0;
  /** Made once: a head that finds no free share is asked for again and again. */
  let seen: Head | undefined;

  function drop(item: PendingEntry): void {
    pending.remove(item);
    index = 0;
    if (item.entry.kind === 'records') item.entry.chunk.release();
  }

  return {
    append(more) {
      for (const entry of more) {
        pending.append({ entry, previous: undefined, next: undefined });
        if (entry.kind === 'skip') continue;
        for (let at = 0; at < entry.chunk.length; at += 1) bytes += entry.chunk.bytesAt(at);
      }
    },
    head() {
      if (seen !== undefined) return seen;
      const entry = pending.first()?.entry;
      if (entry === undefined) return undefined;
      if (entry.kind === 'skip') return (seen = entry);
      const { chunk } = entry;
      const at = index;
      seen = {
        kind: 'record',
        offset: chunk.offsetAt(at),
        bytes: chunk.bytesAt(at),
        timestampMs: chunk.writtenAt(at),
        open: () => chunk.recordAt(at),
      };
      return seen;
    },
    next() {
      const item = pending.first();
      seen = undefined;
      if (item === undefined) return;
      if (item.entry.kind === 'records') {
        bytes -= item.entry.chunk.bytesAt(index);
        index += 1;
        if (index < item.entry.chunk.length) return;
      }
      drop(item);
    },
    bytes: () => bytes,
    clear() {
      for (let item = pending.first(); item !== undefined; item = pending.first()) drop(item);
      bytes = 0;
      seen = undefined;
    },
  };
}
