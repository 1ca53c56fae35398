/**
 * Takes the bytes of fetched records out of the fetch's answer, neighbours together in one copy: a record that
 * waits would otherwise keep the answer of all partitions in memory, and a copy for each record costs more than
 * one for all of them. What is most of its answer anyway (a large record) is left where it is.
 */

/** Neighbours further apart than this are copied apart: between them lies what is not ours. */
const LARGEST_GAP_BYTES = 1024;

/** Bytes that lie together in one piece of memory, from `start` to before `end`. */
interface Run {
  readonly source: ArrayBufferLike;
  readonly start: number;
  end: number;
}

/** Finds a slice's bytes in what was kept of its run; of a slice that was not given, itself. */
export type Kept = (slice: Buffer) => Buffer;

/** @param slices in the order in which they lie in memory, as a batch's keys and values do. */
export function keepBytes(slices: readonly Buffer[]): Kept {
  const runs: Run[] = [];
  for (const { buffer: source, byteOffset: start, length } of slices) {
    const last = runs.at(-1);
    const isNeighbour = last?.source === source && start >= last.end && start - last.end <= LARGEST_GAP_BYTES;
    if (isNeighbour) last.end = start + length;
    else runs.push({ source, start, end: start + length });
  }
  const regions = runs.map(copyRun);
  let at = 0;
  return (slice) => {
    const end = slice.byteOffset + slice.length;
    // Asked in the same order, so the run is the same as before or the next.
    for (let tried = 0; tried < runs.length; tried += 1, at = (at + 1) % runs.length) {
      const run = runs[at];
      const region = regions[at];
      if (run?.source !== slice.buffer || slice.byteOffset < run.start || end > run.end) continue;
      return region === undefined ? slice : region.subarray(slice.byteOffset - run.start, end - run.start);
    }
    return slice;
  };
}

/** The same bytes, not holding more than twice as much in memory: for a record that is taken up, perhaps for long. */
export function ownBytes(slice: Buffer): Buffer {
  return 2 * slice.length >= slice.buffer.byteLength ? slice : Buffer.from(slice);
}

/** @returns undefined where the run is at least half of its memory: it stays where it is. */
function copyRun({ source, start, end }: Run): Buffer | undefined {
  if (2 * (end - start) >= source.byteLength) return undefined;
  return Buffer.from(Buffer.from(source, start, end - start));
}
