/** What is told of the calls of an event, or of a push, that is traced: `event-trace.ts` has the rest. No method throws. */

/** Words of closed lists and numbers: no text that a partner, a producer or a person has written. */
export type TraceNote = Readonly<Record<string, string | number>>;

/** What makes HTTP calls. */
export interface CallTracer {
  /** A call begins: a span of its own, as long as the event has not had too many. */
  call(): CallTrace;
  /** Something has happened just now, such as that a wait began. */
  note(name: string, about?: TraceNote): void;
}

export interface CallTrace {
  /** What the call carries. */
  readonly traceparent: string;
  /** @param error a word of a closed list; undefined: it was answered as it should be. */
  ended(error: string | undefined, status: number | undefined): void;
}
