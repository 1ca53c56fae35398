/**
 * The right to work on one event. Its signal is made only when asked for, one an event, so that listeners
 * which are left behind go with the event instead of piling up on a partition's signal.
 */
import { AbandonedError } from '../domain/errors.ts';
import type { Hold } from '../pipeline/ports.ts';

export interface HoldBook {
  /** True once {@link loseAll} was called: every hold of this book is lost, those taken later too. */
  isLost(): boolean;
  take(): HeldEvent;
  loseAll(): void;
}

export interface HeldEvent extends Hold {
  /** To be called when the event's work has ended. */
  release(): void;
}

export function createHoldBook(): HoldBook {
  const signals = new Set<AbortController>();
  let lost = false;
  return {
    isLost: () => lost,
    take() {
      let controller: AbortController | undefined;
      return {
        get signal() {
          if (controller === undefined) {
            controller = new AbortController();
            if (lost) controller.abort(new AbandonedError());
            else signals.add(controller);
          }
          return controller.signal;
        },
        assertHeld() {
          if (lost) throw new AbandonedError();
        },
        release() {
          if (controller !== undefined) signals.delete(controller);
        },
      };
    },
    loseAll() {
      if (lost) return;
      lost = true;
      for (const controller of signals) controller.abort(new AbandonedError());
      signals.clear();
    },
  };
}
