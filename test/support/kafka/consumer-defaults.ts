/** A consumer's options as the service's defaults have them, with commits that come soon enough to be waited for. */
export const consumerDefaults = {
  start: 'earliest',
  lane: 'all',
  laneThresholdBytes: 262_144,
  ordering: 'user',
  sessionTimeoutMs: 15_000,
  drainTimeoutMs: 10_000,
  commitIntervalMs: 200,
  commitMaxEvents: 1000,
  maxInFlightEvents: 10_000,
  maxUncommittedEvents: 100_000,
  maxRecordBytes: 64 * 1024 * 1024,
} as const;
