/** What was done with letters, by whom and when: written beside the marks, with each step of it. */
import type { LedgerRecord } from './ledger.ts';

export interface Action {
  readonly id: string;
  readonly what: 'replay' | 'discard';
  readonly by: string;
  /** RFC 3339. */
  readonly beganAt: string;
  /** RFC 3339; absent while it runs, and where it did not come to its end. */
  readonly endedAt?: string;
  /** Which letters were asked for, see `describeFilter`. */
  readonly filter: Readonly<Record<string, unknown>>;
  /** Also parked letters. */
  readonly parked: boolean;
  readonly note?: string;
  /** Letters dealt with so far. */
  readonly count: number;
  /** Where each partition of the dead-letter topic ended when it began. */
  readonly ends: Readonly<Record<string, number>>;
}

const KIND = 'action/';
/** Most that are kept. */
const KEPT = 1000;

export interface Actions {
  /** Oldest first. */
  list(): readonly Action[];
  take(record: LedgerRecord): void;
  /** The records that take away the oldest beyond those that are kept. */
  planSweep(): readonly LedgerRecord[];
}

export function createActions(): Actions {
  const actions = new Map<string, Action>();
  const list = (): Action[] =>
    [...actions.values()].sort((a, b) => (a.beganAt < b.beganAt ? -1 : a.beganAt > b.beganAt ? 1 : 0));
  return {
    list,
    take({ key, value }) {
      if (!key.startsWith(KIND)) return;
      const id = key.slice(KIND.length);
      if (value === null) actions.delete(id);
      else {
        const action = readAction(value, id);
        if (action !== undefined) actions.set(id, action);
      }
    },
    planSweep: () =>
      list()
        .slice(0, -KEPT)
        .map(({ id }) => ({ key: KIND + id, value: null })),
  };
}

export function actionRecord(action: Action): LedgerRecord {
  const { id, ...rest } = action;
  return { key: KIND + id, value: JSON.stringify({ v: 1, ...rest }) };
}

/**
 * The same was begun before, and did not come to its end: it was killed, or another command took its place. Times are
 * not compared, as `--since 24h` is another moment at each start.
 */
export function findUnfinished(
  actions: readonly Action[],
  wanted: Pick<Action, 'what' | 'filter' | 'parked'>,
): Action | undefined {
  return actions.findLast(
    ({ what, filter, parked, endedAt }) =>
      endedAt === undefined &&
      what === wanted.what &&
      parked === wanted.parked &&
      withoutTimes(filter) === withoutTimes(wanted.filter),
  );
}

function withoutTimes({ since: _since, until: _until, ...filter }: Action['filter']): string {
  return JSON.stringify(filter);
}

/** Written by ourselves; whatever else lies there is passed over. */
function readAction(text: string, id: string): Action | undefined {
  try {
    const parsed = JSON.parse(text) as Omit<Action, 'id'> & { readonly v: number };
    const { v, ...action } = parsed;
    return v === 1 ? { ...action, id } : undefined;
  } catch {
    return undefined;
  }
}
