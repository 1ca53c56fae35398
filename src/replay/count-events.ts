/** Counts compared events into a comparison, one after the other. */
import type { DecisionRecord } from '../domain/decision.ts';
import type { PushText } from '../pipeline/ports.ts';
import { isSameOutcome, pushesOf, recordedAnswer, type Answer, type UnknownBecause } from './answer.ts';
import {
  addBounds,
  MAX_DISAGREEMENTS,
  newGroup,
  NOT_KNOWN,
  type Bounded,
  type Changed,
  type Comparison,
  type Group,
  type Place,
  type Side,
} from './comparison.ts';
import { addId, type EventIds } from './event-ids.ts';
import type { Compared } from './replay-user.ts';

/** Beyond it new texts are not counted: a document's texts are few, a partner's own titles may be many. */
const MAX_TEXTS = 20_000;
/** Of what is the same on both sides. */
const UNCHANGED_IDS = 5;

export interface CountOptions {
  /** Of each number; more are only counted. */
  readonly maxIds: number;
  /** The documents' hashes: of what is simulated. */
  readonly hashes: { readonly before: string | undefined; readonly after: string };
}

/** @returns counts one event after the other into `into`. */
export function countInto(
  into: Comparison,
  { maxIds, hashes }: CountOptions,
): (compared: Compared, isLate: boolean) => void {
  function put(ids: EventIds, { eventId, at }: DecisionRecord): void {
    addId(ids, eventId, Date.parse(at), maxIds);
  }

  function count(compared: Compared): void {
    const { record, before, after } = compared;
    into.events += 1;
    const atMs = Date.parse(record.at);
    into.fromMs = Math.min(into.fromMs, atMs);
    into.untilMs = Math.max(into.untilMs, atMs);
    const document = `${record.rulesVersion} ${record.rulesHash}`;
    into.documents.set(document, (into.documents.get(document) ?? 0) + 1);

    const places = { before: placeOf(before), after: placeOf(after) };
    const key = `${places.before} ${places.after}`;
    let cell = into.funnel.get(key);
    if (cell === undefined)
      into.funnel.set(key, (cell = { ...places, count: 0, ids: { ids: [], atMs: [] } }));
    cell.count += 1;
    // Of what has not changed the first few are enough.
    if (places.before !== places.after || cell.ids.ids.length < UNCHANGED_IDS) put(cell.ids, record);

    const pushes = { before: pushesOf(before), after: pushesOf(after) };
    addBounds(into.pushes.before, pushes.before);
    addBounds(into.pushes.after, pushes.after);
    for (const [side, answer] of sidesOf(compared)) {
      if (answer.kind === 'unknown') countUnknown(side, answer.because, pushes[side], record);
      else if (answer.text !== undefined) countText(into.texts[side], answer.text);
    }
    countChange({ record, before, after }, pushes);
    countMerchants({ record, before, after });
  }

  function countUnknown(side: Side, because: UnknownBecause, pushes: Bounded, record: DecisionRecord): void {
    const found = into.unknown[side].get(because) ?? {
      events: 0,
      least: 0,
      most: 0,
      ids: { ids: [], atMs: [] },
    };
    into.unknown[side].set(because, found);
    found.events += 1;
    addBounds(found, pushes);
    put(found.ids, record);
  }

  function countChange({ record, before, after }: Sides, pushes: Record<Side, Bounded>): void {
    const change = changeOf(pushes.before, pushes.after);
    if (change.gained.most > 0) note(into.gained, change.gained, record);
    if (change.lost.most > 0) note(into.lost, change.lost, record);
    const { hour, locale, rule } = into.groups;
    const { event } = record;
    if (pushes.before.most + pushes.after.most > 0) {
      const names = [
        [hour, event.timeZoneKnown ? `${String(event.localHour).padStart(2, '0')}:00` : 'no time zone'],
        [locale, event.locale ?? 'no locale'],
      ] as const;
      for (const [groups, name] of names) countGroup(groups, name, pushes, change, record);
    }
    if (change.gained.most > 0) {
      note(groupOf(rule, ruleOf(before)).gained, change.gained, record);
    }
    if (change.lost.most > 0) {
      note(groupOf(rule, ruleOf(after)).lost, change.lost, record);
    }
    const isOther =
      before.kind === 'known' &&
      after.kind === 'known' &&
      before.outcome.kind === 'queued' &&
      after.outcome.kind === 'queued' &&
      !isSameOutcome(before.outcome, after.outcome);
    if (isOther) {
      into.otherCoupon.count += 1;
      put(into.otherCoupon.ids, record);
    }
  }

  function countMerchants({ record, before, after }: Sides): void {
    const names = new Set([...merchantsOf(before), ...merchantsOf(after)]);
    for (const name of names) {
      const pushes = { before: pushesOfMerchant(before, name), after: pushesOfMerchant(after, name) };
      countGroup(into.groups.merchant, name, pushes, changeOf(pushes.before, pushes.after), record);
    }
  }

  function countGroup(
    groups: Map<string, Group>,
    name: string,
    pushes: Readonly<Record<Side, Bounded>>,
    { gained, lost }: Change,
    record: DecisionRecord,
  ): void {
    const group = groupOf(groups, name);
    addBounds(group.before, pushes.before);
    addBounds(group.after, pushes.after);
    if (gained.most > 0) note(group.gained, gained, record);
    if (lost.most > 0) note(group.lost, lost, record);
  }

  function note(changed: Changed, by: Bounded, record: DecisionRecord): void {
    addBounds(changed, by);
    put(changed.ids, record);
  }

  /** What was not pushed when it came first is counted when it is. */
  function countAgain(compared: Compared): void {
    into.redelivered += 1;
    for (const [side, answer] of sidesOf(compared)) {
      if (!compared.isNewPush[side]) continue;
      addBounds(into.pushedLater[side], pushesOf(answer));
      addBounds(into.pushes[side], pushesOf(answer));
    }
  }

  function countAgreement({ record, ...sides }: Compared): void {
    for (const side of ['before', 'after'] as const) {
      if (hashes[side] === undefined || record.rulesHash !== hashes[side]) continue;
      const answer = sides[side];
      const agreement = into.agreement[side];
      agreement.events += 1;
      if (answer.kind === 'unknown') continue;
      agreement.known += 1;
      const recorded = recordedAnswer(record).outcome;
      if (isSameOutcome(recorded, answer.outcome)) agreement.agreed += 1;
      else if (agreement.disagreements.length < MAX_DISAGREEMENTS) {
        const { eventId, userId, at } = record;
        agreement.disagreements.push({ eventId, userId, at, recorded, simulated: answer.outcome });
      }
    }
  }

  return (compared, isLate) => {
    if (isLate) into.late += 1;
    countAgreement(compared);
    if (compared.isFirst) count(compared);
    else countAgain(compared);
  };
}

type Sides = Pick<Compared, 'record' | Side>;
interface Change {
  readonly gained: Bounded;
  readonly lost: Bounded;
}

function sidesOf({ before, after }: Compared): readonly (readonly [Side, Answer])[] {
  return [
    ['before', before],
    ['after', after],
  ];
}

function placeOf(answer: Answer): Place {
  if (answer.kind === 'unknown') return 'unknown';
  const { outcome } = answer;
  return outcome.kind === 'queued' ? 'queued' : outcome.reason;
}

function changeOf(before: Bounded, after: Bounded): Change {
  return {
    gained: { least: Math.max(0, after.least - before.most), most: Math.max(0, after.most - before.least) },
    lost: { least: Math.max(0, before.least - after.most), most: Math.max(0, before.most - after.least) },
  };
}

function groupOf(groups: Map<string, Group>, name: string): Group {
  const found = groups.get(name);
  if (found !== undefined) return found;
  const made = newGroup();
  groups.set(name, made);
  return made;
}

/** What keeps an event from being pushed. */
function ruleOf(answer: Answer): string {
  if (answer.kind === 'unknown') return NOT_KNOWN;
  const { outcome } = answer;
  if (outcome.kind === 'queued') return NOT_KNOWN;
  return outcome.kind === 'filtered' ? outcome.rule : outcome.reason;
}

function merchantsOf(answer: Answer): readonly string[] {
  if (answer.kind === 'known') {
    return answer.outcome.kind === 'queued' ? [answer.outcome.merchantId ?? NOT_KNOWN] : [];
  }
  if (answer.isPushed === 'no') return [];
  return answer.pushes?.map(({ merchantId }) => merchantId) ?? [NOT_KNOWN];
}

function pushesOfMerchant(answer: Answer, name: string): Bounded {
  const names = merchantsOf(answer);
  if (!names.includes(name)) return { least: 0, most: 0 };
  const isSure = pushesOf(answer).least === 1 && names.every((one) => one === name);
  return { least: isSure ? 1 : 0, most: 1 };
}

function countText(texts: Map<string, number>, { title, body = '' }: PushText): void {
  const text = `${title}\n${body}`.replaceAll(/\d+(?:[.,]\d+)*/g, '#');
  const known = texts.get(text);
  if (known !== undefined || texts.size < MAX_TEXTS) texts.set(text, (known ?? 0) + 1);
}
