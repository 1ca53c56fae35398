/**
 * The records of users, one after the other: what each event came to, and what other rules would have made of it. The
 * pushes that these rules make are the history that their own later answers go by. Guarantee: a push that pods made, too,
 * ends as theirs did; one that only these rules make counts as sent when it is claimed. Memory goes by the users who have
 * a push, or may have one, within the longest window.
 */
import { countsEveryPush, type Cap, type PushSubject } from '../domain/cap.ts';
import type { DecisionRecord, DeliveryRecord } from '../domain/decision.ts';
import type { PushEnvelope } from '../domain/push.ts';
import type { Ruleset } from '../pipeline/ports.ts';
import { staleAt } from '../pipeline/steps/stale-at.ts';
import { recordedAnswer, type Answer, type UnknownBecause } from './answer.ts';
import {
  CLOCK_MARGIN_MS,
  countEntries,
  dropPassed,
  endOf,
  type HistoryEntry,
  type PushEnd,
  type RecordedPush,
} from './push-history.ts';
import { createPushesBefore, type SeenCaps } from './pushes-before.ts';
import { readRecordedEvent, type RecordedEvent } from './recorded-event.ts';
import { createReplayEvent, type Waited } from './replay-event.ts';
import { createSeenEvents } from './seen-events.ts';

export interface ReplayedRules {
  readonly rules: Ruleset;
  /** Stand in the place of what pods did; undefined: that is compared with. */
  readonly against: Ruleset | undefined;
  /** Other rules that pods decided by, where they are known: what caps saw can be learned from them. */
  readonly live?: readonly Ruleset[];
  /** Epoch ms: when the recording began. */
  readonly beganMs: number;
  /** True: nobody had a push before that. */
  readonly nothingBefore: boolean;
  /** Ms by which clocks may differ; {@link CLOCK_MARGIN_MS} by default. */
  readonly marginMs?: number;
}

export interface Compared {
  readonly record: DecisionRecord;
  readonly before: Answer;
  readonly after: Answer;
  /** False: the event was delivered again, and counts once. */
  readonly isFirst: boolean;
  /** False: the side has pushed this event before. */
  readonly isNewPush: { readonly before: boolean; readonly after: boolean };
}

export interface UserReplay {
  /** In order for each user. @param isLate a later record of the user came first. */
  decision(record: DecisionRecord, isLate: boolean): Promise<Compared>;
  /** As early as it is read, whatever its moment. */
  delivery(record: DeliveryRecord): void;
  /** Users whose pushes are remembered. */
  readonly users: number;
}

interface User {
  readonly recorded: RecordedPush[];
  /** The same, as caps count them. */
  readonly live: HistoryEntry[];
  readonly after: HistoryEntry[];
  readonly before: HistoryEntry[];
  readonly seen: SeenCaps;
  /** Ends whose push is not known yet. */
  readonly ends: Map<string, PushEnd>;
}

export function createUserReplay(options: ReplayedRules): UserReplay {
  const { rules, against, live = [], beganMs, nothingBefore, marginMs = CLOCK_MARGIN_MS } = options;
  const known = new Map(
    [rules, ...(against === undefined ? [] : [against]), ...live].map((one) => [one.hash, one]),
  );
  const keepMs = Math.max(
    0,
    ...[...known.values()].flatMap(({ caps }) => caps.map(({ windowMs }) => windowMs)),
  );
  const pushesBefore = nothingBefore ? undefined : createPushesBefore(beganMs, marginMs);
  const users = new Map<string, User>();
  const seenEvents = createSeenEvents();

  const replayOptions = { marginMs, waitedUntil: (event: RecordedEvent) => waitedUntil(event, known) };
  const decideAfter = createReplayEvent(rules, replayOptions);
  const decideBefore = against === undefined ? undefined : createReplayEvent(against, replayOptions);

  async function answerOf(
    event: RecordedEvent,
    entries: HistoryEntry[],
    decide: ReturnType<typeof createReplayEvent>,
    recorded: RecordedPush | undefined,
    unknown: UnknownBecause | undefined,
  ): Promise<Answer> {
    const own = entries.find(({ eventId }) => eventId === event.event.eventId);
    const isDoubtful = own !== undefined && own.envelope === undefined;
    const { answer, envelope } =
      unknown !== undefined || isDoubtful
        ? { answer: anyPush(unknown ?? 'pushes'), envelope: undefined }
        : await decide(event, { entries, before: pushesBefore });
    if (own === undefined) remember(entries, event, answer, envelope, recorded);
    return answer;
  }

  function remember(
    entries: HistoryEntry[],
    { event: { eventId, occurredAtMs }, record, atMs, podAheadMs }: RecordedEvent,
    answer: Answer,
    envelope: PushEnvelope | undefined,
    recorded: RecordedPush | undefined,
  ): void {
    const claimedMs = atMs - podAheadMs;
    const end = endOf('sent', claimedMs, marginMs);
    // A call that was not made may have taken as long as the event may be old.
    const isCalled = answer.kind === 'known' || answer.pushes !== undefined;
    const untilMs = isCalled
      ? end.untilMs
      : Math.max(end.untilMs, occurredAtMs + record.maxEventAgeMs + marginMs);
    const entry = { eventId, claimedMs, recorded: recorded ?? { end: { ...end, untilMs } } };
    if (answer.kind === 'known') {
      if (answer.outcome.kind !== 'queued' || envelope === undefined) return;
      const slim = withoutText(envelope);
      entries.push({ ...entry, pushes: [slim.push], isSure: true, envelope: slim });
    } else if (answer.isPushed !== 'no') {
      const pushes = answer.pushes?.map(subjectOnly);
      entries.push({ ...entry, pushes, isSure: answer.isPushed === 'surely', envelope: undefined });
    }
  }

  /** What the caps that pods asked say of pushes before the recording. */
  function learn({ record, askedAtMs, atMs, podAheadMs }: RecordedEvent, { live: entries }: User): void {
    const caps = known.get(record.rulesHash)?.caps;
    if (pushesBefore === undefined || caps === undefined) return;
    const [recallMs, claimMs] = [askedAtMs - podAheadMs, atMs - podAheadMs];
    const hadRoom = (cap: Cap, push: PushSubject | undefined, nowMs: number): void => {
      const { least } = countEntries(entries, cap, push, nowMs);
      pushesBefore.atMost(cap, push, Math.max(0, cap.max - 1 - least), nowMs);
    };
    const wasAsked = record.couponApi !== 'not_asked';
    const full = record.reason === 'cooldown' ? capIndex(record.rule) : undefined;
    const fullAtRecall = wasAsked ? undefined : full;
    if (wasAsked || fullAtRecall !== undefined) {
      for (const cap of caps.slice(0, fullAtRecall)) {
        if (countsEveryPush(cap.per)) hadRoom(cap, undefined, recallMs);
      }
    }
    const fullCap = full === undefined ? undefined : caps[full];
    if (fullCap !== undefined && countsEveryPush(fullCap.per)) {
      const { most } = countEntries(entries, fullCap, undefined, wasAsked ? claimMs : recallMs);
      pushesBefore.atLeast(fullCap, undefined, fullCap.max - most, wasAsked ? 'claim' : 'recall');
    }
    const { couponId, merchantId } = record;
    if (record.outcome === 'queued' && wasAsked && couponId !== undefined && merchantId !== undefined) {
      const push = { couponId, merchantId };
      for (const cap of caps) hadRoom(cap, countsEveryPush(cap.per) ? undefined : push, claimMs);
    }
  }

  function recordedPush(event: RecordedEvent, user: User): RecordedPush | undefined {
    const { eventId, outcome, couponId, merchantId } = event.record;
    const earlier = user.recorded.find((push) => push.eventId === eventId);
    if (earlier !== undefined || outcome !== 'queued') return earlier;
    const push = { couponId: couponId ?? '', merchantId: merchantId ?? '' };
    const made: RecordedPush = { eventId, push, end: user.ends.get(eventId) };
    user.ends.delete(eventId);
    user.recorded.push(made);
    const claimedMs = event.atMs - event.podAheadMs;
    user.live.push({ eventId, claimedMs, pushes: [push], isSure: true, recorded: made, envelope: undefined });
    return made;
  }

  function prune(user: User, nowMs: number): void {
    if (user.recorded.length > 0) {
      dropPassed(user.live, nowMs, keepMs);
      const kept = new Set(user.live.map(({ recorded }) => recorded));
      for (let at = user.recorded.length - 1; at >= 0; at -= 1) {
        if (!kept.has(user.recorded[at] as RecordedPush)) user.recorded.splice(at, 1);
      }
    }
    dropPassed(user.after, nowMs, keepMs);
    dropPassed(user.before, nowMs, keepMs);
    for (const [eventId, { untilMs }] of user.ends) if (untilMs + keepMs < nowMs) user.ends.delete(eventId);
  }

  return {
    get users() {
      return users.size;
    },
    async decision(record, isLate) {
      const event = readRecordedEvent(record);
      const { userId, eventId } = record;
      const user = users.get(userId) ?? newUser();
      users.set(userId, user);
      prune(user, event.askedAtMs - event.podAheadMs);
      const isFirst = seenEvents.add({ userId, eventId });
      const isResumed = record.outcome === 'queued' && record.couponApi === 'not_asked';
      pushesBefore?.nextEvent(user.seen);
      if (!isLate && !isResumed) learn(event, user);
      const isOf = (one: { readonly eventId: string }): boolean => one.eventId === eventId;
      const isNewPush = {
        before: !(decideBefore === undefined ? user.recorded : user.before).some(isOf),
        after: !user.after.some(isOf),
      };
      const recorded = recordedPush(event, user);
      const unknown = unknownAtOnce(record, isLate, isResumed);
      const after = await answerOf(event, user.after, decideAfter, recorded, unknown);
      const before =
        decideBefore === undefined
          ? recordedAnswer(record)
          : await answerOf(event, user.before, decideBefore, recorded, unknown);
      if (isEmpty(user)) users.delete(userId);
      return { record, before, after, isFirst, isNewPush };
    },
    delivery({ userId, eventId, at, outcome }) {
      const user = users.get(userId) ?? newUser();
      users.set(userId, user);
      const end = endOf(outcome, Date.parse(at), marginMs);
      const push = user.recorded.find((one) => one.eventId === eventId);
      if (push === undefined) user.ends.set(eventId, end);
      else push.end = push.end === undefined ? end : eitherEnd(push.end, end);
    },
  };
}

function newUser(): User {
  return { recorded: [], live: [], after: [], before: [], seen: [], ends: new Map() };
}

function isEmpty({ recorded, after, before, seen, ends }: User): boolean {
  return recorded.length + after.length + before.length + seen.length + ends.size === 0;
}

function unknownAtOnce(
  record: DecisionRecord,
  isLate: boolean,
  isResumed: boolean,
): UnknownBecause | undefined {
  if (isLate) return 'order';
  if (isResumed) return 'resumed';
  return record.reason === 'internal_error' ? 'defect' : undefined;
}

function anyPush(because: UnknownBecause): Answer {
  return { kind: 'unknown', because, isPushed: 'maybe', pushes: undefined, possible: [] };
}

/** Two reports of one end: the later one may be of whoever found it. */
function eitherEnd(a: PushEnd, b: PushEnd): PushEnd | undefined {
  if (a.isKept !== b.isKept) return undefined;
  return { fromMs: Math.min(a.fromMs, b.fromMs), untilMs: Math.max(a.untilMs, b.untilMs), isKept: a.isKept };
}

/** Until when pods wait for coupons: by their rules where these are known, else by what the record says of it. */
function waitedUntil(event: RecordedEvent, known: ReadonlyMap<string, Ruleset>): Waited {
  const { record, podAheadMs, atMs } = event;
  const limit = { maxEventAgeMs: record.maxEventAgeMs, podAheadMs: () => podAheadMs };
  const rules = known.get(record.rulesHash);
  const untilMs = staleAt(event.event, rules ?? { maxEventAgeMs: undefined }, limit).atMs;
  const isExact = rules !== undefined || record.rule === 'MAX_EVENT_AGE_MS';
  return { fromMs: isExact ? untilMs : atMs, untilMs };
}

function capIndex(rule: string | undefined): number | undefined {
  const index = /^caps\[(\d+)\]$/.exec(rule ?? '')?.[1];
  return index === undefined ? undefined : Number(index);
}

function subjectOnly({ couponId, merchantId }: PushSubject): PushSubject {
  return { couponId, merchantId };
}

/** What a redelivery needs of it. */
function withoutText({ push, rulesHash }: PushEnvelope): PushEnvelope {
  const { userId, eventId, couponId, merchantId, rulesVersion } = push;
  return {
    push: { userId, eventId, couponId, merchantId, title: '', collapseKey: '', rulesVersion },
    source: NO_SOURCE,
    traceparent: '',
    ...(rulesHash !== undefined && { rulesHash }),
  };
}

const NO_SOURCE = { topic: '', partition: 0, offset: '0', index: 0 };
