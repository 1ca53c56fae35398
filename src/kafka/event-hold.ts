/**
 * The right to work on one event. What runs for every event (asking, watching) is shared by a partition's events
 * and costs a set's entry; a signal is made only when asked for, one an event, so that listeners which are left
 * behind go with the event instead of piling up on a partition's signal.
 */
import { AbandonedError } from '../domain/errors.ts';
import type { Abandonable, Hold } from '../pipeline/ports.ts';

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
  const watching = new Set<Abandonable>();
  let lost = false;

  const shared = {
    isLost: () => lost,
    assertHeld() {
      if (lost) throw new AbandonedError();
    },
    watch(item: Abandonable) {
      if (lost) item.abandon();
      else watching.add(item);
    },
    unwatch(item: Abandonable) {
      watching.delete(item);
    },
  };

  return {
    isLost: shared.isLost,
    take() {
      let aborting: AbortSignaller | undefined;
      return {
        ...shared,
        get signal() {
          if (aborting === undefined) shared.watch((aborting = createSignaller()));
          return aborting.signal;
        },
        release() {
          if (aborting !== undefined) watching.delete(aborting);
        },
      };
    },
    loseAll() {
      if (lost) return;
      lost = true;
      for (const item of watching) {
        watching.delete(item);
        item.abandon();
      }
    },
  };
}

interface AbortSignaller extends Abandonable {
  readonly signal: AbortSignal;
}

function createSignaller(): AbortSignaller {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    abandon: () => {
      controller.abort(new AbandonedError());
    },
  };
}
