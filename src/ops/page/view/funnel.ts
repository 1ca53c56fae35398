/** From received to sent over the last hour: how many, which share, and at which pace now; and why events end. Pure. */
import { DELIVERY_OUTCOMES, type DeliveryOutcome } from '../../../domain/delivery.ts';
import { DEAD_LETTER_REASONS, FILTER_REASONS } from '../../../domain/outcome.ts';
import {
  DEAD_LETTERED,
  deadLetteredOf,
  decidedOf,
  FILTERED,
  filteredOf,
  type CounterName,
  type Counts,
} from '../counters.ts';
import { SLOT_MS, type HourWindow } from '../hour.ts';
import { clockTime, count, rate, share, withoutLinks } from '../words.ts';
import type { Figures } from './figures.ts';
import type { FunnelRow, FunnelView } from './shape.ts';

const DELIVERY_MEANINGS: Readonly<Record<DeliveryOutcome, string>> = {
  sent: 'The push API took it.',
  rejected: 'The push API refused it for good; its place under the caps is free again.',
  expired: 'Its time was over before it could be sent; its place is free again.',
  unknown: 'It may have been sent: nobody knows, so it is not sent again and keeps its place.',
  withdrawn: 'The kill switch or the merchant’s state held it back when it was to be sent.',
  dry_run: 'A dry run: everything was done but the call.',
};

export function funnelOf(figures: Figures, hour: HourWindow, nowMs: number): FunnelView {
  const { hour: counts, rates } = figures;
  const received = counts.received;
  const row = (name: string, of: (counts: Counts) => number, meaning: string): FunnelRow => ({
    ...{ name, meaning },
    count: count(of(counts)),
    value: of(counts),
    share: share(of(counts), received),
    part: received === 0 ? 0 : Math.min(1, of(counts) / received),
    rate: rate(of(rates)),
  });
  const one = (name: CounterName) => (all: Counts) => all[name];
  const filters = FILTERED.map((reason) =>
    row(reason, one(`filtered.${reason}`), withoutLinks(FILTER_REASONS[reason])),
  );
  const letters = DEAD_LETTERED.map((reason) =>
    row(reason, one(`dead_lettered.${reason}`), withoutLinks(DEAD_LETTER_REASONS[reason])),
  );
  const reasons = [...filters, ...letters].sort((a, b) => b.value - a.value);
  const deliveries = DELIVERY_OUTCOMES.filter((outcome) => outcome !== 'sent').map((outcome) =>
    row(outcome, one(`delivered.${outcome}`), DELIVERY_MEANINGS[outcome]),
  );
  return {
    since: sinceOf(hour, nowMs),
    steps: [
      row('Received', one('received'), 'Read from Kafka.'),
      row('Decided', decidedOf, 'Has its one outcome.'),
      row('Filtered', filteredOf, 'Ends without a push, for one of the reasons below.'),
      row('Dead-lettered', deadLetteredOf, 'Could not be processed; its bytes are kept.'),
      row('Queued', one('queued'), 'A push was claimed and queued.'),
      row('Sent', one('delivered.sent'), DELIVERY_MEANINGS.sent),
    ],
    reasons: reasons.filter(({ value }) => value > 0),
    none: reasons.filter(({ value }) => value === 0).map(({ name }) => name),
    deliveries: deliveries.filter(({ value }) => value > 0),
  };
}

/** A pod keeps an hour; where none has lived for as long it is said since when they count. */
function sinceOf({ firstSlot, slots }: HourWindow, nowMs: number): string {
  if (slots === 0) return 'nothing yet';
  const firstMs = firstSlot * SLOT_MS;
  return nowMs - firstMs >= 3_580_000 ? 'the last hour' : `since ${clockTime(firstMs, nowMs)}`;
}
