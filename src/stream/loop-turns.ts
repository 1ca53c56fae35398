/**
 * Lets long decoding share the event loop. Everyone who works in slices waits here between them; each turn of
 * the loop lets one of them go on, first come first served. So ten large records decoded at once delay timers
 * and sockets by one slice a turn, not by ten. One queue for the process, because it has one loop.
 */

/** What a slice should last at most, in ms: about what timers and sockets may wait for it. */
export const SLICE_MS = 4;

const waiting: (() => void)[] = [];
let slices = 0;

function admitOne(): void {
  const admit = waiting.shift();
  if (waiting.length > 0) setImmediate(admitOne);
  slices += 1;
  admit?.();
}

/** How many slices have begun in this process: what of the loop's time was spent on decoding, about. */
export function slicesBegun(): number {
  return slices;
}

/** Resolves in a later turn of the event loop, alone in it among all who wait here. */
export function takeLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(admitOne);
  });
}

export interface Pacer {
  /** Whether the present slice is over. */
  isDue(): boolean;
  /** Lets the loop turn; the next slice begins with it. */
  turn(): Promise<void>;
}

/** For work that checks now and then whether it has kept the loop for long enough. */
export function createPacer(): Pacer {
  let endMs = performance.now() + SLICE_MS;
  return {
    isDue: () => performance.now() >= endMs,
    async turn() {
      await takeLoopTurn();
      endMs = performance.now() + SLICE_MS;
    },
  };
}
