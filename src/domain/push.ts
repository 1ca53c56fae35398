/** A push, frozen when it is claimed: what is sent later is this and nothing newer. */
import type { PushSubject } from './cap.ts';
import type { EventSource } from './record.ts';

/**
 * The body of the push API's call but for `expiresAt`, which Redis's clock decides at the claim; and what caps count
 * by, whether or not the body has it.
 */
export interface FrozenPush extends PushSubject {
  readonly userId: string;
  readonly eventId: string;
  readonly couponId: string;
  readonly merchantId: string;
  readonly title: string;
  readonly body?: string;
  readonly deepLink?: string;
  readonly collapseKey: string;
  readonly rulesVersion: string;
}

/** What travels with a claimed push to its delivery: everything the outcome record and the trace need. */
export interface PushEnvelope {
  readonly push: FrozenPush;
  readonly source: EventSource;
  readonly traceparent: string;
  /** What the producer's tracing wants passed on beside it; absent: nothing. */
  readonly tracestate?: string;
  /** A span of ours stands behind `traceparent`: the delivery goes on with its trace. Absent: none does. */
  readonly isTraced?: true;
  /** Of the rules that chose it; absent in what an older version has frozen. */
  readonly rulesHash?: string;
}

/** What is left of an envelope once its push has ended and its end is told: enough to tell it again, and no text. */
export interface EndedEnvelope extends Pick<PushEnvelope, 'source' | 'isTraced' | 'rulesHash'> {
  readonly push: Pick<FrozenPush, 'userId' | 'eventId' | 'couponId' | 'merchantId' | 'rulesVersion'>;
  /** Kept where the push is traced. */
  readonly traceparent?: string;
}
