/** How V8 keeps a pod's heap small. */

export const HEAP_FLAGS = [
  // V8 lets garbage grow to several times the live heap before it collects. Collecting when the heap has doubled keeps
  // a pod below the promised 512 MiB; collecting at one and a half times took a quarter of its CPU.
  '--heap-growing-percent=100',
  // After a burst, whose events wait for seconds, V8 would make all later ones where old objects live: out of reach of
  // the quick collections, and with everything they point at.
  '--no-allocation-site-pretenuring',
] as const;
