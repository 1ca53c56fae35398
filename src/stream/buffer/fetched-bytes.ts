/**
 * Copies the bytes of fetched records out of the fetch’s answer, neighbours together. A waiting record would otherwise
 * keep the whole answer of all partitions in memory. A copy for each record costs more than one for all. A large record
 * that is most of its answer stays where it is.
 */
import { copyOf } from '../decode/own-copy.ts';

/** Neighbours further apart than this are copied separately: what lies between them belongs to others. */
const LARGEST_GAP_BYTES = 1024;

/** Bytes that lie together in one piece of memory, from `start` to before `end`. */
interface Run {
  readonly source: ArrayBufferLike;
  readonly start: number;
  end: number;
}

/** The bytes of one batch. They have no link to where they came from: that would keep the answer in memory. */
export interface KeptBytes {
  readonly regions: readonly Buffer[];
  /**
   * Frees the copied memory now. The next collection of old garbage may be minutes away. Nothing that shares the memory
   * may be read afterwards.
   */
  release(): void;
}

/** Finds where the given slices lie in what was kept. Holds the answer, so it must not be kept. */
export interface Locator {
  /** The region of a given slice. O(1) as a rule where slices are asked for in the given order. */
  locate(slice: Buffer): number;
  /** Where the slice begins in its region. */
  startIn(region: number, slice: Buffer): number;
}

/** @param slices in the order in which they lie in memory, as a batch's keys and values do. */
export function keepBytes(slices: readonly Buffer[]): {
  readonly kept: KeptBytes;
  readonly locator: Locator;
} {
  const runs: Run[] = [];
  for (const { buffer: source, byteOffset: start, length } of slices) {
    const last = runs.at(-1);
    const isNeighbour = last?.source === source && start >= last.end && start - last.end <= LARGEST_GAP_BYTES;
    if (isNeighbour) last.end = start + length;
    else runs.push({ source, start, end: start + length });
  }
  return { kept: createKept(runs.map(keepRun)), locator: createLocator(runs) };
}

/** Apart from the locator: closures made in one function keep what any of them needs. */
function createKept(regions: readonly Region[]): KeptBytes {
  return {
    regions: regions.map(({ bytes }) => bytes),
    release() {
      for (const { memory } of regions) memory?.transfer(0);
    },
  };
}

function createLocator(runs: readonly Run[]): Locator {
  let at = 0;
  return {
    locate(slice) {
      const end = slice.byteOffset + slice.length;
      const holds = (run: Run | undefined): boolean =>
        run?.source === slice.buffer && slice.byteOffset >= run.start && end <= run.end;
      if (!holds(runs[at])) at = runs.findIndex(holds);
      if (at < 0) throw new Error('bytes that were not given to be kept');
      return at;
    },
    startIn: (region, slice) => slice.byteOffset - (runs[region]?.start ?? 0),
  };
}

/** The same bytes, holding at most twice their length in memory: for a record that is taken in, perhaps for long. */
export function ownBytes(slice: Buffer): Buffer {
  return 2 * slice.length >= slice.buffer.byteLength ? slice : copyOf(slice);
}

interface Region {
  readonly bytes: Buffer;
  /** Of this region alone; undefined where it was not copied. */
  readonly memory: ArrayBuffer | undefined;
}

/** Not copied where the run is at least half of its memory. */
function keepRun({ source, start, end }: Run): Region {
  const bytes = Buffer.from(source, start, end - start);
  if (2 * bytes.length >= source.byteLength) return { bytes, memory: undefined };
  const memory = new ArrayBuffer(bytes.length);
  const copy = Buffer.from(memory);
  bytes.copy(copy);
  return { bytes: copy, memory };
}
