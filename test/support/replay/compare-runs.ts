/**
 * A replay of one run's recording by other rules, held against a second run of pods that had these rules and the same
 * events. Guarantee: each event counts once, as agreed, not known, explained by what only time decides, or unexplained.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { DecisionRecord, DeliveryRecord, RecordingLine } from '../../../src/domain/decision.ts';
import { readDecision } from '../../../src/domain/read-decision.ts';
import type { Ruleset } from '../../../src/pipeline/ports.ts';
import { isSameOutcome, recordedAnswer, type Answer } from '../../../src/replay/answer.ts';
import { CLOCK_MARGIN_MS } from '../../../src/replay/moments.ts';
import { readRecordedEvent, standingOf, type RecordedEvent } from '../../../src/replay/recorded-event.ts';
import { createReorder } from '../../../src/replay/reorder.ts';
import { createUserReplay } from '../../../src/replay/replay-user.ts';
import { mayPrecede } from '../../../src/replay/unsure-pushes.ts';

/** Why two runs of the same events may come to something else; one sentence each, for people. */
export const ONLY_TIME_DECIDES = {
  answer: 'The coupon API answered the two runs otherwise.',
  order: 'The user’s events were decided in another order.',
  clock: 'The event was older, or the local time another, or less was left of a coupon.',
  end: 'An earlier push of the user ended otherwise.',
  earlier: 'An earlier event of the user came to something else, or is not known.',
} as const satisfies Readonly<Record<string, string>>;
type Explanation = keyof typeof ONLY_TIME_DECIDES;

export interface Difference {
  readonly eventId: string;
  readonly pods: DecisionRecord;
  readonly replayed: Answer;
}

export interface RunsCompared {
  /** Events of both runs. */
  readonly events: number;
  readonly agreed: number;
  readonly unknown: number;
  readonly explained: Readonly<Record<Explanation, number>>;
  readonly unexplained: readonly Difference[];
}

/** @param recording of the run that is replayed by `rules`. @param other of the run whose pods had these rules. */
export async function compareRuns(
  recording: readonly RecordingLine[],
  other: readonly RecordingLine[],
  rules: Ruleset,
): Promise<RunsCompared> {
  const replayed = await replay(recording, rules);
  const first = Map.groupBy(firstDecisions(recording), userOf);
  const second = Map.groupBy(firstDecisions(other), userOf);
  const ends = { ours: endsIn(recording), theirs: endsIn(other) };
  const explained = { answer: 0, order: 0, clock: 0, end: 0, earlier: 0 };
  const unexplained: Difference[] = [];
  const counts = { events: 0, agreed: 0, unknown: 0 };
  for (const [userId, theirs] of second) {
    const ours = first.get(userId) ?? [];
    let differs = false;
    for (const [index, pods] of theirs.entries()) {
      const answer = replayed.get(keyOf(pods));
      const record = ours.find(({ eventId }) => eventId === pods.eventId);
      if (answer === undefined || record === undefined) continue;
      counts.events += 1;
      if (answer.kind === 'known' && isSameOutcome(answer.outcome, recordedAnswer(pods).outcome)) {
        counts.agreed += 1;
        continue;
      }
      if (answer.kind === 'unknown') counts.unknown += 1;
      else {
        const before = theirs.slice(0, index);
        const why = explain(record, pods, { ours, theirs, before, ends, differs });
        if (why === undefined) unexplained.push({ eventId: pods.eventId, pods, replayed: answer });
        else explained[why] += 1;
      }
      differs = true;
    }
  }
  return { ...counts, explained, unexplained };
}

/** @throws Error for a line that is none of a recording. */
export async function readRecording(file: string): Promise<RecordingLine[]> {
  const stream = createReadStream(file);
  const lines: RecordingLine[] = [];
  const input = file.endsWith('.gz') ? stream.pipe(createGunzip()) : stream;
  for await (const line of createInterface({ input })) {
    const read = readDecision(line);
    if (!read.ok) throw new Error(`${file}: ${read.problem}`);
    lines.push(read.record);
  }
  return lines;
}

type Ends = ReadonlyMap<string, DeliveryRecord['outcome']>;

function endsIn(recording: readonly RecordingLine[]): Ends {
  return new Map(recording.filter(isDelivery).map((one) => [keyOf(one), one.outcome]));
}

interface Around {
  /** All of the user, of each run. */
  readonly ours: readonly DecisionRecord[];
  readonly theirs: readonly DecisionRecord[];
  /** The second run's decisions before. */
  readonly before: readonly DecisionRecord[];
  readonly ends: { readonly ours: Ends; readonly theirs: Ends };
  readonly differs: boolean;
}

function explain(
  record: DecisionRecord,
  pods: DecisionRecord,
  { ours, theirs, before, ends, differs }: Around,
): Explanation | undefined {
  if (differs) return 'earlier';
  const wereAsked = record.couponApi !== 'not_asked' && pods.couponApi !== 'not_asked';
  if (wereAsked && answerOf(record) !== answerOf(pods)) return 'answer';
  if (aheadOf(record, ours) !== aheadOf(pods, theirs)) return 'order';
  // A push that the first run did not make is replayed as one that was sent.
  const endedOtherwise = (one: DecisionRecord): boolean =>
    ends.theirs.get(keyOf(one)) !== (ends.ours.get(keyOf(one)) ?? 'sent');
  if (before.some((one) => one.outcome === 'queued' && endedOtherwise(one))) return 'end';
  const { localHour, localWeekday } = pods.event;
  const isTimely = (one: DecisionRecord): boolean => one.reason === 'stale' || one.reason === 'quiet_hours';
  const isOtherHour = localHour !== record.event.localHour || localWeekday !== record.event.localWeekday;
  if (isOtherHour || isTimely(pods) || pods.rule === 'coupon.minRemaining') return 'clock';
  return undefined;
}

/** Which of the user's events Redis was done with when it was first asked about this one, and when it was last. */
function aheadOf(record: DecisionRecord, all: readonly DecisionRecord[]): string {
  const firstAsked = firstMomentOf(record);
  const lastAsked = lastMomentOf(record);
  const places = all.map((one) => {
    const last = lastMomentOf(one);
    return `${one.eventId} ${last < firstAsked ? 'before' : last < lastAsked ? 'meanwhile' : 'later'}`;
  });
  return places.toSorted().join(' ');
}

function firstMomentOf({ recalledAt, askedAt, at }: DecisionRecord): string {
  return recalledAt ?? askedAt ?? at;
}

function lastMomentOf(record: DecisionRecord): string {
  return record.claimedAt ?? firstMomentOf(record);
}

/** What the coupon side said, but for what goes by the clock. */
function answerOf({ couponApi, coupons = [] }: DecisionRecord): string {
  return JSON.stringify([
    couponApi,
    coupons.map(({ remainingSeconds: _left, validUntil: _until, validFrom: _from, ...coupon }) => coupon),
  ]);
}

async function replay(
  recording: readonly RecordingLine[],
  rules: Ruleset,
): Promise<ReadonlyMap<string, Answer>> {
  const replayed = createUserReplay({
    ...{ rules, against: undefined, nothingBefore: true },
    beganMs: Math.min(...recording.slice(0, 1).map(({ at }) => Date.parse(at))),
  });
  const reorder = createReorder<RecordedEvent>(mayPrecede, Infinity);
  for (const line of recording) {
    if (line.kind === 'delivery') replayed.delivery(line);
    else {
      const event = readRecordedEvent(line, CLOCK_MARGIN_MS);
      reorder.add(standingOf(event), event, 1);
    }
  }
  const answers = new Map<string, Answer>();
  for (const { value, isLate, following } of reorder.rest()) {
    const { record, after } = await replayed.decision(value, isLate, following);
    const key = keyOf(record);
    if (!answers.has(key)) answers.set(key, after);
  }
  return answers;
}

/** Of each event, in the order in which Redis was asked. */
function firstDecisions(lines: readonly RecordingLine[]): readonly DecisionRecord[] {
  const decisions = lines.filter((line): line is DecisionRecord => line.kind === 'decision');
  const sorted = decisions.toSorted((a, b) => (firstMomentOf(a) < firstMomentOf(b) ? -1 : 1));
  const seen = new Set<string>();
  return sorted.filter((record) => {
    const isNew = !seen.has(keyOf(record));
    seen.add(keyOf(record));
    return isNew;
  });
}

function isDelivery(line: RecordingLine): line is DeliveryRecord {
  return line.kind === 'delivery';
}

function userOf({ userId }: RecordingLine): string {
  return userId;
}

function keyOf({ userId, eventId }: RecordingLine): string {
  return JSON.stringify([userId, eventId]);
}
