/** Which mutants are tried where not all are: drawn evenly by a hash, and the same ones again after every small change. */
import { hash } from 'node:crypto';

interface Drawn {
  readonly file: string;
  readonly at: string;
  readonly from: string;
  readonly to: string;
}

/** @returns `size` of them, in the order in which they came; all where there are no more. */
export function drawSample<T extends Drawn>(all: readonly T[], size: number): readonly T[] {
  if (all.length <= size) return all;
  const placed = all.map((one, index) => ({ index, place: placeOf(one, index) }));
  placed.sort((a, b) => (a.place < b.place ? -1 : 1));
  const drawn = new Set(placed.slice(0, size).map(({ index }) => index));
  return all.filter((_, index) => drawn.has(index));
}

/** By what the mutant changes, not by where: a line more above it draws no other one. */
function placeOf({ file, at, from, to }: Drawn, index: number): string {
  return hash('sha256', [file, at, from, to].join('\0'), 'hex') + String(index).padStart(6, '0');
}
