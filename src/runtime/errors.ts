/**
 * The errors that mean something to the flow. Anything else that is thrown is a fault of our own.
 */

/** What events wait for while it is away, by the names that logs and `/status` give it. */
export const AWAITED_SERVICES = [
  'redis',
  'kafka',
  'dead-letter topic',
  'outcome topic',
  'decision topic',
] as const;
export type AwaitedService = (typeof AWAITED_SERVICES)[number];
/** … and what only a push waits for. */
export type Service = AwaitedService | 'outcome report';

/** Kafka, Redis or S3 is away (or says it can't serve now): the event waits, nothing is decided. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
  readonly service: Service;
  constructor(service: Service, cause: unknown) {
    super(`${service} is not available: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.service = service;
  }
}

/** What is waited out. */
export function isUnavailable(error: unknown): error is UnavailableError {
  return error instanceof UnavailableError;
}

/** The event's partition is no longer ours, or the pod is stopping: given up before its claim, read again. */
export class AbandonedError extends Error {
  override readonly name = 'AbandonedError';
  constructor(why = 'abandoned before its claim') {
    super(why);
  }
}

/** The surroundings can't keep the service's promises, or don't go with the configuration: a restart won't help. */
export class RefusedToStart extends Error {
  override readonly name = 'RefusedToStart';
}
