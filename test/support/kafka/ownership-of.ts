/** An ownership that is revoked when the signal is aborted. */
import { AbandonedError } from '../../../src/runtime/errors.ts';
import { unwatch, watch } from '../../../src/runtime/abort-hub.ts';
import type { Ownership } from '../../../src/domain/ownership.ts';

export function ownershipOf(signal: AbortSignal): Ownership {
  return {
    signal,
    isRevoked: () => signal.aborted,
    park: () => undefined,
    unpark: () => undefined,
    whenRoom: () => undefined,
    assertOwned: () => {
      if (signal.aborted) throw new AbandonedError();
    },
    watch: (item) => {
      watch(signal, item);
    },
    unwatch: (item) => {
      unwatch(signal, item);
    },
  };
}
