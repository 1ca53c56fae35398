/** What a test may ask of a pod that runs under hazard-preload.ts: the files' contents. */

export interface Armed {
  /** SIGCONT changes nothing: the test only wants to know that the pod was there. */
  readonly signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT';
  /** Only at this event's passing; a failpoint that knows no event is passed by any. */
  readonly eventId?: string | undefined;
}

/** The reply that is lost, with its connection, after it was given. */
export type ArmedReply =
  | { readonly to: 'commit' }
  /** The first that holds all of these. */
  | { readonly to: 'redis'; readonly texts: readonly string[] };
