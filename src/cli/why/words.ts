/** What is known of a user, for a person who was asked “why did I not get a push?”. */
import { DEAD_LETTER_REASONS, FILTER_REASONS } from '../../domain/outcome.ts';
import { DURATION_UNITS, formatDuration } from '../../rules/document/duration.ts';
import type { CapReport, EventReport, Known } from './gather.ts';
import type { RecentOutcomes, Told } from './outcomes.ts';

/** Where the table of reasons speaks of the table, a person wants to hear of the event. */
const SENTENCES: Readonly<Record<string, string>> = {
  ...FILTER_REASONS,
  ...DEAD_LETTER_REASONS,
  cooldown: 'A cap has no room: what was sent before, or still waits, counts.',
  rules_excluded: 'No coupon of the answer may be pushed; that is what excluded the first of them.',
};
/** What it is, and what follows from it. */
const ENDS: Readonly<Record<string, readonly [string, string?]>> = {
  sent: ['sent'],
  rejected: ['refused by the push API', 'it does not count for caps'],
  expired: ['not sent before its time was over', 'it does not count for caps'],
  unknown: ['perhaps sent', 'the push API did not answer; it counts for caps, and is not sent again'],
  withdrawn: ['withdrawn before it was sent', 'it does not count for caps'],
  dry_run: ['not sent, as this is a dry run'],
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
  for (const event of events) lines.push('', ...eventInWords(event, known).map((line) => `  ${line}`));
  for (const at of otherPushes)
    lines.push(
      '',
      at === null
        ? '  a push that is not sent yet'
        : `  a push that was sent at ${moment(at)}, of an older event`,
    );
  lines.push('', ...reachInWords(outcomes), ...unknown);
  return lines.filter((line, at) => line !== '' || lines[at - 1] !== '');
}

function capInWords(cap: CapReport, nowMs: number): string[] {
  const { name, max, subjects } = cap;
  const rule = `${name}: ${ruleOf(cap)}`;
  if (subjects.length === 0) return [`${rule}; none now, so there is room`];
  return subjects.map(({ of, count, roomAt }) => {
    const subject = of === null ? '' : ` of ${of}`;
    const room =
      count < max
        ? 'there is room'
        : roomAt === null
          ? 'full until the push that waits has its end'
          : `full; room again at ${moment(roomAt)}, in ${spanInWords(Date.parse(roomAt) - nowMs)}`;
    return `${rule}; ${String(count)} now${subject}: ${room}`;
  });
}

function ruleOf({ per, max, windowMs }: CapReport): string {
  return `at most ${String(max)} per ${per} in ${formatDuration(windowMs)}`;
}

function eventInWords(
  { eventId, kept, job, told }: EventReport,
  { userId, nowMs, caps = [] }: Known,
): string[] {
  const lines = [`event ${eventId}`];
  for (const one of told)
    lines.push(`  ${moment(one.at)}  ${toldInWords(one, { caps, isNamed: kept !== undefined })}`);
  if (told.some(({ outcome }) => outcome === 'dead_lettered'))
    lines.push(`  its letter: coupon-notifier dead-letters list --user ${userId}`);
  if (kept === undefined && told.length === 0)
    lines.push('  nothing is known of it: no such event, or it left no trace in reach');
  if (kept !== undefined) {
    const { push } = kept.envelope;
    const title = 'title' in push ? `: “${push.title}”` : '';
    lines.push(`  its push: coupon ${push.couponId} of ${push.merchantId}${title}`);
    // An end that was told stands there already, with its time.
    if (!told.some(({ outcome }) => outcome === kept.state))
      lines.push(`  ${stateInWords({ kept, job }, nowMs)}`);
  }
  const rules = rulesOf(told, kept);
  return rules.length === 0 ? lines : [...lines, `  decided by rules ${rules.join(', then ')}`];
}

/** Each once, the oldest first. */
function rulesOf(told: readonly Told[], kept: EventReport['kept']): readonly string[] {
  const frozen = kept && {
    rulesVersion: kept.envelope.push.rulesVersion,
    rulesHash: kept.envelope.rulesHash,
  };
  const named = [...(frozen === undefined ? [] : [frozen]), ...told.toReversed()].flatMap(
    ({ rulesVersion, rulesHash }) =>
      rulesVersion === undefined
        ? []
        : [`${rulesVersion}${rulesHash === undefined ? '' : ` (${rulesHash})`}`],
  );
  return [...new Set(named)];
}

function stateInWords(
  { kept, job }: { kept: NonNullable<EventReport['kept']>; job: string },
  nowMs: number,
): string {
  const { state, attempts, expiresAtMs, endedAtMs } = kept;
  if (state !== 'claimed' && state !== 'sending')
    return endInWords(
      state,
      endedAtMs === undefined ? '' : ` at ${moment(new Date(endedAtMs).toISOString())}`,
    );
  const leftMs = (expiresAtMs ?? nowMs) - nowMs;
  const left = leftMs > 0 ? `${spanInWords(leftMs)} left` : 'its time is over, and it is about to end';
  const tries = attempts === 0 ? 'not tried yet' : `tried ${String(attempts)} times`;
  const what = state === 'sending' ? 'being sent, or left so by a worker that died' : 'waits to be sent';
  return `${what}: ${tries}, ${left}; its job in the queue: ${job}`;
}

/** @param about when, or which coupon. */
function endInWords(outcome: string, about: string): string {
  const [what = outcome, follows] = ENDS[outcome] ?? [];
  return `${what}${about}${follows === undefined ? '' : `: ${follows}`}`;
}

/** @param isNamed the event's push is told in a line of its own. */
function toldInWords(
  { outcome, reason, rule, couponId, merchantId }: Told,
  { caps, isNamed }: { readonly caps: readonly CapReport[]; readonly isNamed: boolean },
): string {
  if (outcome === 'filtered' || outcome === 'dead_lettered') {
    const cap = caps.find(({ name }) => name === rule);
    const by = rule === undefined ? '' : ` by ${rule}${cap === undefined ? '' : ` (${ruleOf(cap)})`}`;
    const sentence = (SENTENCES[reason ?? ''] ?? '')
      .replaceAll('`', '')
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
    return `${outcome === 'filtered' ? 'no push' : 'dead letter'}: ${reason ?? ''}${by}. ${sentence}`;
  }
  const of =
    couponId === undefined || isNamed ? '' : `, coupon ${couponId} of ${merchantId ?? 'an unknown merchant'}`;
  return endInWords(outcome, of);
}

/** Without the ms, which tell a person nothing. */
function moment(at: string): string {
  return at.replace(/\.\d+(?=Z$)/, '');
}

function reachInWords(outcomes: RecentOutcomes | undefined): string[] {
  if (outcomes === undefined) return [];
  const { isAll, since, unreadable } = outcomes;
  const reach = isAll
    ? 'Outcomes were read back to the beginning of the user’s partition.'
    : `Outcomes were read back to ${since === undefined ? 'nowhere' : moment(since)}; older ones were not looked at.`;
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
