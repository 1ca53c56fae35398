/** How V8 keeps a pod's heap small without spending a pod's CPU on it. */

/** Set by the pod itself, before anything else. */
export const HEAP_FLAGS = [
  // V8 lets garbage grow to several times the live heap before it collects. Nothing of an event grows old, so there is
  // seldom a reason for a full collection, and doing it early costs little; it also frees what fetches have left.
  '--heap-growing-percent=40',
  // After a burst, whose events wait for seconds, V8 would make all later ones where old objects live: out of reach of
  // the quick collections, and with everything they point at.
  '--no-allocation-site-pretenuring',
] as const;

/**
 * Only the command line can set it (Dockerfile, `npm start`): half of V8's default. Events in flight are a few
 * MiB, so more room for young objects makes a pod larger and hardly faster.
 */
export const COMMAND_LINE_HEAP_FLAG = '--max-semi-space-size=16';
