/** An outcome in a few words, such as `filtered, quiet_hours by quietHours`. */
import type { Outcome } from '../../domain/outcome.ts';

export function sayOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'queued':
      return `queued, coupon ${outcome.couponId ?? ''} of ${outcome.merchantId ?? ''}`;
    case 'filtered':
      return `filtered, ${outcome.reason} by ${outcome.rule}`;
    case 'dead_lettered':
      return `dead-lettered, ${outcome.reason}: ${outcome.error}`;
  }
}
