/** What a partition has fetched and not taken up yet, first in, first out. */
import type { RawRecord } from '../stream/record-decoder.ts';
import type { RecordChunk } from './record-chunk.ts';

/** Records, or a stretch of offsets without anything for us. */
export type FlowEntry =
  | { readonly kind: 'records'; readonly chunk: RecordChunk }
  | { readonly kind: 'skip'; readonly next: number; readonly passedOver: number };

export type Head =
  | { readonly kind: 'record'; readonly offset: number; readonly bytes: number; open(): RawRecord }
  | (FlowEntry & { readonly kind: 'skip' });

export interface FlowBuffer {
  append(entries: readonly FlowEntry[]): void;
  /** Undefined where nothing waits. */
  head(): Head | undefined;
  /** Drops the head, which must have been opened before, or never will be. */
  next(): void;
  /** Bytes of the records that wait. */
  bytes(): number;
  clear(): void;
}

/** Dropped entries in front are cut off once there are so many, and as many left. */
const CUT_AT = 64;

export function createFlowBuffer(): FlowBuffer {
  let entries: FlowEntry[] = [];
  let first = 0;
  /** Of the first entry's records. */
  let index = 0;
  let bytes = 0;
  /** Made at the first look, as a head that finds no room is looked at again and again. */
  let seen: Head | undefined;

  function dropEntry(): void {
    first += 1;
    index = 0;
    if (first < CUT_AT || first * 2 < entries.length) return;
    entries = entries.slice(first);
    first = 0;
  }

  return {
    append(more) {
      for (const entry of more) {
        entries.push(entry);
        if (entry.kind === 'skip') continue;
        for (let at = 0; at < entry.chunk.length; at += 1) bytes += entry.chunk.bytesAt(at);
      }
    },
    head() {
      if (seen !== undefined) return seen;
      const entry = entries[first];
      if (entry === undefined) return undefined;
      if (entry.kind === 'skip') return (seen = entry);
      const { chunk } = entry;
      const at = index;
      seen = {
        kind: 'record',
        offset: chunk.offsetAt(at),
        bytes: chunk.bytesAt(at),
        open: () => chunk.recordAt(at),
      };
      return seen;
    },
    next() {
      const entry = entries[first];
      seen = undefined;
      if (entry === undefined) return;
      if (entry.kind === 'records') {
        bytes -= entry.chunk.bytesAt(index);
        index += 1;
        if (index < entry.chunk.length) return;
        entry.chunk.release();
      }
      dropEntry();
    },
    bytes: () => bytes,
    clear() {
      for (const entry of entries.slice(first)) if (entry.kind === 'records') entry.chunk.release();
      entries = [];
      first = 0;
      index = 0;
      bytes = 0;
      seen = undefined;
    },
  };
}
