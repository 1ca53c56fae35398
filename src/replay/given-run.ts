/** What a run needs beside its event, where nobody takes the event away and nobody counts. */
import type { Ownership } from '../domain/ownership.ts';
import type { EventSource } from '../domain/record.ts';
import type { FlowMeter } from '../pipeline/ports.ts';

export const NOWHERE: EventSource = { topic: '', partition: 0, offset: '0', index: 0 };

export const UNCOUNTED: FlowMeter = {
  received: () => undefined,
  ended: () => undefined,
  abandoned: () => undefined,
  ruleExcluded: () => undefined,
  stage: () => undefined,
};

/** Nobody takes the event away. */
export const OWNED: Ownership = {
  signal: new AbortController().signal,
  isRevoked: () => false,
  watch: () => undefined,
  unwatch: () => undefined,
  park: () => undefined,
  unpark: () => undefined,
  whenRoom: () => undefined,
  assertOwned: () => undefined,
};
