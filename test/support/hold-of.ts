/** A hold that is lost when the signal is aborted. */
import { AbandonedError } from '../../src/domain/errors.ts';
import { unwatch, watch } from '../../src/partners/abort-hub.ts';
import type { Hold } from '../../src/pipeline/ports.ts';

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
