/** What is known of a user, for a person who was asked “why did I not get a push?”. */
import { DEAD_LETTER_REASONS, FILTER_REASONS } from '../../domain/outcome.ts';
import { DURATION_UNITS, formatDuration } from '../../rules/document/duration.ts';
import type { CapReport, EventReport, Known } from './gather.ts';
import type { RecentOutcomes, Told } from './outcomes.ts';

const SENTENCES: Readonly<Record<string, string>> = { ...FILTER_REASONS, ...DEAD_LETTER_REASONS };
const ENDS: Readonly<Record<string, string>> = {
  sent: 'sent',
  rejected: 'refused by the push API; it does not count for caps',
  expired: 'not sent before its time was over; it does not count for caps',
  unknown: 'perhaps sent: the push API did not answer; it counts for caps, and is not sent again',
  withdrawn: 'withdrawn before it was sent; it does not count for caps',
  dry_run: 'not sent, as this is a dry run',
};

/** @param unknown what could not be asked, and why, a sentence each. */
export function inWords(known: Known, unknown: readonly string[]): string[] {
  const { userId, caps, events, otherPushes, outcomes } = known;
  const lines = [`user ${userId}`, ''];
  if (caps !== undefined) {
    lines.push('caps');
    for (const cap of caps) lines.push(...capInWords(cap, known.nowMs).map((line) => `  ${line}`));
    lines.push('');
  }
  lines.push(events.length === 0 ? 'no event of this user is known' : 'events, newest first');
  for (const event of events) lines.push('', ...eventInWords(event, known.nowMs).map((line) => `  ${line}`));
  for (const at of otherPushes)
    lines.push(
      '',
      at === null ? '  a push that is not sent yet' : `  a push that was sent at ${at}, of an older event`,
    );
  lines.push('', ...reachInWords(outcomes), ...unknown);
  return lines.filter((line, at) => line !== '' || lines[at - 1] !== '');
}

function capInWords({ name, per, max, windowMs, subjects }: CapReport, nowMs: number): string[] {
  const rule = `${name}: at most ${String(max)} per ${per} in ${formatDuration(windowMs)}`;
  if (subjects.length === 0) return [`${rule}; none now, so there is room`];
  return subjects.map(({ of, count, roomAt }) => {
    const subject = of === null ? '' : ` of ${of}`;
    const room =
      count < max
        ? 'there is room'
        : roomAt === null
          ? 'full until the push that waits has its end'
          : `full; room again at ${roomAt}, in ${spanInWords(Date.parse(roomAt) - nowMs)}`;
    return `${rule}; ${String(count)} now${subject}: ${room}`;
  });
}

function eventInWords({ eventId, kept, job, told }: EventReport, nowMs: number): string[] {
  const lines = [`event ${eventId}`];
  for (const one of told) lines.push(`  ${one.at}  ${toldInWords(one)}`);
  if (kept === undefined) {
    if (told.length === 0)
      lines.push('  nothing is known of it: no such event, or it left no trace in reach');
    return lines;
  }
  const { push, rulesHash } = kept.envelope;
  const rules = `rules ${push.rulesVersion}${rulesHash === undefined ? '' : ` (${rulesHash})`}`;
  lines.push(`  its push: coupon ${push.couponId} of ${push.merchantId}, ${rules}: “${push.title}”`);
  lines.push(`  ${stateInWords({ kept, job }, nowMs)}`);
  return lines;
}

function stateInWords(
  { kept, job }: { kept: NonNullable<EventReport['kept']>; job: string },
  nowMs: number,
): string {
  const { state, attempts, expiresAtMs, endedAtMs } = kept;
  if (state !== 'claimed' && state !== 'sending') {
    const at = endedAtMs === undefined ? '' : ` at ${new Date(endedAtMs).toISOString()}`;
    return `${ENDS[state] ?? state}${at}`;
  }
  const leftMs = expiresAtMs - nowMs;
  const left = leftMs > 0 ? `${spanInWords(leftMs)} left` : 'its time is over, and it is about to end';
  const tries = attempts === 0 ? 'not tried yet' : `tried ${String(attempts)} times`;
  const what = state === 'sending' ? 'being sent, or left so by a worker that died' : 'waits to be sent';
  return `${what}: ${tries}, ${left}; its job in the queue: ${job}`;
}

function toldInWords({ outcome, reason, rule, couponId, merchantId, rulesVersion, rulesHash }: Told): string {
  const rules =
    rulesVersion === undefined
      ? ''
      : `; rules ${rulesVersion}${rulesHash === undefined ? '' : ` (${rulesHash})`}`;
  if (outcome === 'filtered' || outcome === 'dead_lettered') {
    const by = rule === undefined ? '' : ` by ${rule}`;
    const sentence = (SENTENCES[reason ?? ''] ?? '')
      .replaceAll('`', '')
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
    return `${outcome === 'filtered' ? 'no push' : 'dead letter'}: ${reason ?? ''}${by}. ${sentence}${rules}`;
  }
  const of = couponId === undefined ? '' : `, coupon ${couponId} of ${merchantId ?? 'an unknown merchant'}`;
  return `${outcome === 'queued' ? 'queued' : (ENDS[outcome] ?? outcome)}${of}${rules}`;
}

function reachInWords(outcomes: RecentOutcomes | undefined): string[] {
  if (outcomes === undefined) return [];
  const { isAll, since, unreadable } = outcomes;
  const reach = isAll
    ? 'Outcomes were read back to the beginning of the user’s partition.'
    : `Outcomes were read back to ${since ?? 'nowhere'}; older ones were not looked at.`;
  const records = unreadable === 1 ? 'record' : 'records';
  return unreadable === 0
    ? [reach]
    : [reach, `${String(unreadable)} ${records} of the user among them could not be read.`];
}

/** Two units at most: `1d 4h`, `12m`. */
export function spanInWords(ms: number): string {
  const first = DURATION_UNITS.findIndex(([, unitMs]) => ms >= unitMs);
  if (first < 0) return '0s';
  let left = ms;
  const parts = DURATION_UNITS.slice(first, first + 2).map(([letter, unitMs]) => {
    const count = Math.floor(left / unitMs);
    left -= count * unitMs;
    return { text: `${String(count)}${letter}`, count };
  });
  return parts
    .filter(({ count }) => count > 0)
    .map(({ text }) => text)
    .join(' ');
}
