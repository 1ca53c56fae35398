/** How V8 keeps a pod's heap small without spending a pod's CPU on it. */

/** Set by the pod itself, before anything else. */
export const HEAP_FLAGS = [
  // V8 lets garbage grow to several times the live heap before it collects, which makes a pod under load 150 MB larger.
  // A full collection is mostly marking the 60 MB that live, a fifth of a second in threads beside the loop: at 40,
  // the oftener, they took 8 % of a pod's CPU; at 80 a pod outgrew 300 MB.
  '--heap-growing-percent=60',
  // After a burst, whose events wait for seconds, V8 would make all later ones where old objects live: out of reach of
  // the quick collections, and with everything they point at.
  '--no-allocation-site-pretenuring',
] as const;

/**
 * Only the command line can set it (Dockerfile, `npm start`): half of V8's default. Events in flight are a few
 * MiB, so more room for young objects makes a pod larger and hardly faster.
 */
export const COMMAND_LINE_HEAP_FLAG = '--max-semi-space-size=16';
