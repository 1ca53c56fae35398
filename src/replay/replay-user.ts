/**
 * The records of users, one after the other: what each event came to, and what other rules would have made of it. The
 * pushes that these rules make are the history that their own later answers go by. Guarantee: a push that pods made, too,
 * ends as theirs did; one that only these rules make counts as sent when it is claimed. Of decisions that overlap, neither
 * is taken for the first one unless that is known. Memory goes by the users who have a push, or may have one, within the
 * longest window.
 */
import type { PushSubject } from '../domain/cap.ts';
import type { DecisionRecord, DeliveryRecord } from '../domain/decision.ts';
import type { PushEnvelope } from '../domain/push.ts';
import type { Ruleset } from '../pipeline/ports.ts';
import { staleAt } from '../pipeline/steps/stale-at.ts';
import {
  anyPush,
  isSameOutcome,
  recordedAnswer,
  unknownAtOnce,
  type Answer,
  type UnknownBecause,
} from './answer.ts';
import { createLearnBefore } from './learn-before.ts';
import { CLOCK_MARGIN_MS, isResumed, RECALLED_AHEAD_MS, unmadeClaim } from './moments.ts';
import { endOf, type HistoryEntry, type PushEnd, type RecordedPush } from './push-history.ts';
import { createPushesBefore, LONGEST_WAIT_MS } from './pushes-before.ts';
import type { RecordedEvent } from './recorded-event.ts';
import { createReplayEvent, type ReplayEvent, type ReplayWitness, type Waited } from './replay-event.ts';
import { createSeenEvents } from './seen-events.ts';
import { dropWhere, isEmpty, newUser, noteChanged, prune, type SideOfUser, type User } from './user-state.ts';
import { unsurePushes, withoutFoundAgain, type MostAlone } from './unsure-pushes.ts';

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
  /** Hears how `rules` decide each event. */
  readonly witness?: ReplayWitness;
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
  /**
   * In order for each user.
   *
   * @param isLate a later record of the user came first.
   * @param following those that may have claimed before this one all the same (`unsure-pushes.ts`).
   */
  decision(event: RecordedEvent, isLate: boolean, following?: readonly RecordedEvent[]): Promise<Compared>;
  /** As early as it is read, whatever its moment. */
  delivery(record: DeliveryRecord): void;
  /** Users whose pushes are remembered. */
  readonly users: number;
}

/** Rules that decide each event. */
interface Side {
  readonly decide: ReplayEvent;
  readonly alone: MostAlone;
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
  const learn = createLearnBefore(known, pushesBefore);
  const users = new Map<string, User>();
  const seenEvents = createSeenEvents();

  const replayOptions = { waitedUntil: (event: RecordedEvent) => waitedUntil(event, known) };
  const sideOf = (decide: ReplayEvent): Side => ({ decide, alone: new WeakMap() });
  const sideAfter = sideOf(createReplayEvent(rules, { ...replayOptions, witness: options.witness }));
  const sideBefore = against === undefined ? undefined : sideOf(createReplayEvent(against, replayOptions));

  async function answerOf(
    event: RecordedEvent,
    { entries, changed }: SideOfUser,
    { decide, alone }: Side,
    recorded: RecordedPush | undefined,
    unknown: UnknownBecause | undefined,
    following: readonly RecordedEvent[],
  ): Promise<Answer> {
    const own = entries.find(({ eventId }) => eventId === event.event.eventId);
    // Where another run may claim the event first, what is pushed is the other's.
    const isDoubtful =
      (own !== undefined && own.envelope === undefined) ||
      following.some(({ record: { eventId } }) => eventId === event.record.eventId);
    if (unknown !== undefined || isDoubtful) {
      const answer = anyPush(unknown ?? 'pushes');
      noteChanged(changed, event);
      if (own === undefined) remember(entries, event, answer, undefined, recorded);
      else if (!own.isSure) entries[entries.indexOf(own)] = maybeLater(own, event, recorded);
      return answer;
    }
    const unsure = following.length === 0 ? [] : await unsurePushes(following, entries, decide, alone);
    const all = unsure.length === 0 ? entries : [...entries, ...unsure];
    const { answer, envelope } = await decide(withRecall(event, changed), {
      entries: all,
      before: pushesBefore,
    });
    const isUnchanged =
      answer.kind === 'known' && isSameOutcome(recordedAnswer(event.record).outcome, answer.outcome);
    if (!isUnchanged) noteChanged(changed, event);
    if (own === undefined) remember(entries, event, answer, envelope, recorded);
    return answer;
  }

  /** Where these rules do not push what an earlier run pushed, this one may. */
  function withClaim(event: RecordedEvent): RecordedEvent {
    return { ...event, claim: unmadeClaim(event.record, event.recall, marginMs) };
  }

  /** Whether an event is recalled ahead, and for good, hangs on what the one before it of its pod does. */
  function withRecall(event: RecordedEvent, changed: SideOfUser['changed']): RecordedEvent {
    const { recall, record, askedAtMs, podAheadMs } = event;
    const last = changed.find(({ pod }) => pod === record.pod);
    if (last === undefined || last.untilMs < recall.fromMs - RECALLED_AHEAD_MS) return event;
    const untilMs = Math.max(recall.untilMs, askedAtMs - podAheadMs + marginMs);
    return { ...event, recall: { fromMs: recall.fromMs - RECALLED_AHEAD_MS, untilMs } };
  }

  function remember(
    entries: HistoryEntry[],
    { record: { eventId, pod }, claim: claimed }: RecordedEvent,
    answer: Answer,
    envelope: PushEnvelope | undefined,
    recorded: RecordedPush | undefined,
  ): void {
    const end = { ...claimed, isKept: true };
    const entry = { eventId, pod, claimed, recorded: recorded ?? { end } };
    if (answer.kind === 'known') {
      if (answer.outcome.kind !== 'queued' || envelope === undefined) return;
      const slim = withoutText(envelope);
      entries.push({ ...entry, pushes: [slim.push], isSure: true, envelope: slim });
    } else if (answer.isPushed !== 'no') {
      const pushes = answer.pushes?.map(subjectOnly);
      entries.push({ ...entry, pushes, isSure: answer.isPushed === 'surely', envelope: undefined });
    }
  }

  function recordedPush(event: RecordedEvent, user: User): RecordedPush | undefined {
    const { eventId, outcome, couponId, merchantId, pod } = event.record;
    if (outcome !== 'queued') return undefined;
    const push = { couponId: couponId ?? '', merchantId: merchantId ?? '' };
    const made: RecordedPush = { eventId, push, end: user.ends.find((one) => one.eventId === eventId)?.end };
    dropWhere(user.ends, (one) => one.eventId === eventId);
    user.recorded.push(made);
    const { claim: claimed } = event;
    user.live.push({
      ...{ eventId, pod, claimed, pushes: [push], isSure: true },
      ...{ recorded: made, envelope: undefined },
    });
    return made;
  }

  return {
    get users() {
      return users.size;
    },
    async decision(given, isLate, behind = []) {
      const { record } = given;
      const { userId, eventId } = record;
      const user = users.get(userId) ?? newUser();
      users.set(userId, user);
      // A call that was begun before may end as much later.
      prune(user, given.recall.fromMs - LONGEST_WAIT_MS, keepMs);
      const isFirst = seenEvents.add({ userId, eventId });
      pushesBefore?.nextEvent(user.seen);
      const isOf = (one: { readonly eventId: string }): boolean => one.eventId === eventId;
      const isKnownPush = user.recorded.some(isOf);
      const event = isKnownPush && isResumed(record) ? withClaim(given) : given;
      const following = withoutFoundAgain(behind, event, (id) =>
        user.recorded.some((push) => push.eventId === id),
      );
      if (!isLate && !isResumed(record)) learn(event, user.live, following);
      const isNewPush = {
        before: !(sideBefore === undefined ? user.recorded : user.before.entries).some(isOf),
        after: !user.after.entries.some(isOf),
      };
      const recorded = isKnownPush ? undefined : recordedPush(event, user);
      const unknown = isLate ? 'order' : unknownAtOnce(record, isKnownPush);
      const after = await answerOf(event, user.after, sideAfter, recorded, unknown, following);
      const before =
        sideBefore === undefined
          ? recordedAnswer(record)
          : await answerOf(event, user.before, sideBefore, recorded, unknown, following);
      if (isEmpty(user)) users.delete(userId);
      return { record, before, after, isFirst, isNewPush };
    },
    delivery({ userId, eventId, at, outcome }) {
      const user = users.get(userId) ?? newUser();
      users.set(userId, user);
      const end = endOf(outcome, Date.parse(at));
      const push = user.recorded.find((one) => one.eventId === eventId);
      if (push === undefined) {
        dropWhere(user.ends, (one) => one.eventId === eventId);
        user.ends.push({ eventId, end });
      } else push.end = push.end === undefined ? end : eitherEnd(push.end, end);
    },
  };
}

/** One that is pushed by a later run of its event where none before has pushed it. */
function maybeLater(
  own: HistoryEntry,
  { claim }: RecordedEvent,
  recorded: RecordedPush | undefined,
): HistoryEntry {
  const untilMs = Math.max(own.claimed.untilMs, claim.untilMs);
  const claimed = { fromMs: Math.min(own.claimed.fromMs, claim.fromMs), untilMs };
  const end = { ...claimed, isKept: true };
  return { ...own, pod: undefined, claimed, pushes: undefined, recorded: recorded ?? { end } };
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
