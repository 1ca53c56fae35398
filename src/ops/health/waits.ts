/**
 * What events wait for now, by name: how many, and for how long. An ordinary acknowledgement of some milliseconds is no
 * wait worth a name; one that has failed, or is late, is.
 */
import { createLinkedList, type Linked, type LinkedList } from '../../runtime/collections/linked-list.ts';
import type { Wait, Waiting } from '../../pipeline/ports.ts';

/** A row of `/status`. */
export interface WaitingFor {
  readonly for: string;
  readonly events: number;
  /** Of the event that has waited longest. */
  readonly oldestSeconds: number;
}

export interface Waits extends Waiting {
  /** A retry or a timer has turned: a sign of life. */
  turn(): void;
  turned(): number;
  /** What somebody waits for that has failed. */
  services(): string[];
  /** All that is waited for, by name. O(events that wait). */
  list(nowMs?: number): WaitingFor[];
}

/** So long a wait is none worth a name, unless a try has failed. */
const ORDINARY_MS = 1000;

interface Awaited {
  readonly waits: LinkedList<OpenWait>;
  /** Of them, those that have failed. */
  failed: number;
}

export function createWaits(): Waits {
  /** Of all that was ever waited for: a few. */
  const awaited = new Map<string, Awaited>();
  let turned = 0;
  const onTurn = (): void => {
    turned += 1;
  };

  return {
    begin(what, sinceMs) {
      let of = awaited.get(what);
      if (of === undefined) {
        of = { waits: createLinkedList(), failed: 0 };
        awaited.set(what, of);
      }
      return new OpenWait(of, sinceMs, onTurn);
    },
    turn: onTurn,
    turned: () => turned,
    services: () => [...awaited].filter(([, { failed }]) => failed > 0).map(([what]) => what),
    list: (nowMs = performance.now()) =>
      [...awaited].flatMap(([what, { waits }]) => {
        let events = 0;
        let sinceMs = nowMs;
        for (let wait = waits.first(); wait !== undefined; wait = wait.next) {
          if (!wait.hasFailed && nowMs - wait.sinceMs < ORDINARY_MS) continue;
          events += 1;
          sinceMs = Math.min(sinceMs, wait.sinceMs);
        }
        return events === 0 ? [] : [waitingFor(what, events, nowMs - sinceMs)];
      }),
  };
}

/** @param oldestMs ≥ 0. */
export function waitingFor(what: string, events: number, oldestMs: number): WaitingFor {
  return { for: what, events, oldestSeconds: Math.round(oldestMs / 100) / 10 };
}

// eslint-disable-next-line no-restricted-syntax -- one is made for every acknowledgement: closures cost microseconds then
class OpenWait implements Wait, Linked<OpenWait> {
  previous: OpenWait | undefined;
  next: OpenWait | undefined;
  hasFailed = false;
  readonly sinceMs: number;
  readonly #of: Awaited;
  readonly #onTurn: () => void;

  constructor(of: Awaited, sinceMs: number, onTurn: () => void) {
    this.#of = of;
    this.sinceMs = sinceMs;
    this.#onTurn = onTurn;
    of.waits.append(this);
  }

  failed(): void {
    if (!this.hasFailed) this.#of.failed += 1;
    this.hasFailed = true;
    this.#onTurn();
  }

  end(): void {
    if (this.hasFailed) this.#of.failed -= 1;
    this.#of.waits.remove(this);
  }
}
