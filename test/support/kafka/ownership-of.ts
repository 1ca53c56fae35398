/** A hold that is lost when the signal is aborted. */
import { AbandonedError } from '../../../src/runtime/errors.ts';
import { unwatch, watch } from '../../../src/partners/http/abort-hub.ts';
import type { Hold } from '../../../src/domain/ownership.ts';

export function holdOf(signal: AbortSignal): Hold {
  return {
    signal,
    isLost: () => signal.aborted,
    park: () => undefined,
    unpark: () => undefined,
    whenRoom: () => undefined,
    assertHeld: () => {
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
