/**
 * Lets long decoding share the event loop. Everyone who works in slices waits here between them; each turn of
 * the loop lets one of them go on, first come first served. So ten large records decoded at once delay timers
 * and sockets by one slice a turn, not by ten. One queue for the process, because it has one loop.
 */

const waiting: (() => void)[] = [];

function admitOne(): void {
  const admit = waiting.shift();
  if (waiting.length > 0) setImmediate(admitOne);
  admit?.();
}

/** Resolves in a later turn of the event loop, alone in it among all who wait here. */
export function takeLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(admitOne);
  });
}
