/**
 * The caps and "never two for one event", judged by the partners' ledger alone. A request whose answer left open
 * whether it was sent counts as sent: whoever repeats it has broken the promise, whether the partner sent it or not.
 */
import { subjectKey, type Cap } from '../../../src/domain/cap.ts';
import type { PushEntry } from '../partners/ledger.ts';
import { groupBy, identityOf, showIdentity, type Violation } from './evidence.ts';

/** An attempt may write this much after its permission, so a send may move by as much. */
const SHIFT_MS = 2000;

/** How much closer than its window a cap's two pushes may have come, in ms. */
export type AllowedShift = (first: PushEntry, last: PushEntry) => number;

const mayHaveBeenSent = ({ verdict }: PushEntry): boolean => verdict !== 'not_sent';

const eventOf = ({ userId, eventId }: PushEntry): string | undefined =>
  userId === undefined || eventId === undefined ? undefined : identityOf(userId, eventId);

/** A request that does not say what it is about counts together with the others of its user that don't. */
const subjectOf = ({ userId, merchantId = '?', couponId = '?' }: PushEntry, per: Cap['per']) =>
  userId === undefined ? undefined : subjectKey(per, userId, { merchantId, couponId });

/** One entry an event: the send that counted, else the first that may have been one. */
const sendsOf = (entries: readonly PushEntry[]): PushEntry[] => {
  const sends = entries.filter(mayHaveBeenSent);
  return [...groupBy(sends, eventOf).values()].flatMap(
    (group) => group.find(({ accepted }) => accepted) ?? group.slice(0, 1),
  );
};

/** Pushes of one subject closer together than a cap allows. `allowedShift`: default 2 s, whatever happened. */
export const findCapViolations = (
  entries: readonly PushEntry[],
  caps: readonly Cap[],
  allowedShift: AllowedShift = () => SHIFT_MS,
): readonly Violation[] => {
  const sends = sendsOf(entries).sort((a, b) => a.at - b.at);
  return caps.flatMap(({ per, max, windowMs }) =>
    [...groupBy(sends, (entry) => subjectOf(entry, per))].flatMap(([subject, group]) =>
      group.flatMap((last, index) => {
        const first = group[index - max];
        if (first === undefined || last.at - first.at >= windowMs - allowedShift(first, last)) return [];
        const what = `${max + 1} pushes within ${((last.at - first.at) / 1000).toFixed(1)} s`;
        const events = [first, last].map(({ eventId }) => eventId ?? '?').join(' and ');
        return [{ message: `${per} ${subject}: ${what}, the cap is ${max} in ${windowMs} ms (${events})` }];
      }),
    ),
  );
};

/** Events for which the push API was asked again after a request that may have been sent. */
export const findDoublePushes = (
  entries: readonly PushEntry[],
  idempotent: boolean,
): readonly Violation[] => {
  const violations: Violation[] = [];
  const seen = new Set<PushEntry>();
  const judge = (group: readonly PushEntry[], name: string): void => {
    const keys = new Set(group.flatMap(({ idempotencyKey }) => idempotencyKey ?? []));
    const sends = group.filter(idempotent ? ({ accepted }) => accepted : mayHaveBeenSent);
    if (sends.length > 1 && !sends.every((entry) => seen.has(entry))) {
      const answers = sends.map(({ answer }) => answer).join(', ');
      violations.push({
        message: `${name}: ${sends.length} requests that were or may have been sent (${answers})`,
      });
    }
    if (keys.size > 1)
      violations.push({ message: `${name}: ${keys.size} different idempotency keys for one event` });
    for (const entry of sends) seen.add(entry);
  };
  for (const group of groupBy(entries, eventOf).values())
    judge(group, showIdentity(group[0]?.userId, group[0]?.eventId));
  // A request that was cut before its body was read is known by its key alone.
  for (const [key, group] of groupBy(entries, ({ idempotencyKey }) => idempotencyKey))
    judge(group, `idempotency key ${key}`);
  return violations;
};
