/** What the engine drives: it is handed an event's work by whoever decides events, and never learns what the work is. */
import type { Ownership } from './ownership.ts';
import type { RecordPiece } from './record.ts';

/** One piece of a record, received and counted, ready to be driven to its outcome by the engine. */
export interface EventWork {
  /** The ordering key (the user); undefined where the piece is unreadable and has no order to keep. */
  readonly key: string | undefined;
  /** Epoch ms; undefined where the piece is no valid event. */
  readonly occurredAtMs?: number | undefined;
  /** It is next of its key, and another of that key is at work: what can be looked up, may be now. Never throws. */
  ahead?(): void;
  /**
   * Resolves once the outcome is decided and acknowledged (dead letter, outcome record). Rejects with
   * `AbandonedError` when ownership was revoked before the claim (counted as abandoned already). Any other
   * rejection is a defect: the pod must stop with a reason instead of committing past the event.
   */
  run(ownership: Ownership): Promise<void>;
  /** Given up without having been run: counts as abandoned. Called instead of `run`, at most once. */
  abandon(): void;
}

/** Takes a piece in: from now on it counts as received and in flight. Never throws. */
export type EventHandler = (piece: RecordPiece) => EventWork;
