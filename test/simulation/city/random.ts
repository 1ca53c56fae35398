/**
 * The simulation's only source of chance: a small seeded generator (sfc32), so that the same seed plays the same
 * city everywhere. A fork depends on the seed and its label alone, never on how much was drawn before: drawing
 * once more in one place does not change what happens in another.
 */

/** A stream of chance. All methods draw from the same stream; `fork` opens an independent one. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A whole number, both ends included. */
  int(min: number, max: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly [T, ...T[]]): T;
  /** Standard normal. */
  normal(): number;
  /** Log-normal with this median: most values near it, a long tail above. */
  logNormal(median: number, sigma: number): number;
  fork(label: string | number): Random;
}

/** Four 32-bit words from a text (FNV-1a with four offsets, stirred). */
const hashSeed = (text: string): [number, number, number, number] => {
  const word = (offset: number): number => {
    let hash = offset >>> 0;
    for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    return (hash ^ (hash >>> 13)) >>> 0;
  };
  return [word(0x811c9dc5), word(0x9e3779b9), word(0xc2b2ae35), word(0x27d4eb2f)];
};

const sfc32 = (seed: string): (() => number) => {
  let [a, b, c, counter] = hashSeed(seed);
  const draw = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 4_294_967_296;
  };
  for (let round = 0; round < 12; round += 1) draw();
  return draw;
};

/** Opens the stream that belongs to this seed. */
export const createRandom = (seed: string | number): Random => {
  const next = sfc32(String(seed));
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return {
    next,
    int: (min, max) => min + Math.floor(next() * (max - min + 1)),
    chance: (probability) => next() < probability,
    pick: (items) => items[Math.floor(next() * items.length)] ?? items[0],
    normal,
    logNormal: (median, sigma) => median * Math.exp(sigma * normal()),
    fork: (label) => createRandom(`${seed}/${label}`),
  };
};
