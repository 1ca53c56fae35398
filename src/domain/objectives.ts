/** What the service is held to, beside its promises: deploy/ has the same objectives over 30 days. */

/** An event that took longer from Kafka to its outcome counts as late. */
export const LATE_AFTER_MS = 5000;
/** So many of the events may be late, and so many of the pushes that had an end undelivered: the error budget. */
export const BUDGET_SHARE = 0.01;
