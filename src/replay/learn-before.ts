/** What the caps that pods asked say of pushes before the recording, by the rules that pods decided by. */
import { countsEveryPush, type Cap, type PushSubject } from '../domain/cap.ts';
import type { Ruleset } from '../pipeline/ports.ts';
import type { Asked } from './moments.ts';
import { countEntries, type HistoryEntry } from './push-history.ts';
import type { LearningBefore } from './pushes-before.ts';
import type { RecordedEvent } from './recorded-event.ts';
import { unsureEntry } from './unsure-pushes.ts';

/** @param live the pushes that pods made. @param following those that may have claimed before this one. */
export type LearnBefore = (
  event: RecordedEvent,
  live: readonly HistoryEntry[],
  following: readonly RecordedEvent[],
) => void;

/** @param known rules by their hash. @param before is written to; undefined: there were none. */
export function createLearnBefore(
  known: ReadonlyMap<string, Pick<Ruleset, 'caps'>>,
  before: LearningBefore | undefined,
): LearnBefore {
  return ({ record, recall, claim }, live, following) => {
    const caps = known.get(record.rulesHash)?.caps;
    if (before === undefined || caps === undefined) return;
    const { pod } = record;
    const atRecall: Asked = { at: recall, pod };
    const atClaim: Asked = { at: claim, pod };
    const entries =
      following.length === 0 ? live : [...live, ...following.map((other) => unsureEntry(other, undefined))];
    const hadRoom = (cap: Cap, push: PushSubject | undefined, asked: Asked): void => {
      const { least } = countEntries(entries, cap, push, asked);
      before.atMost(cap, push, Math.max(0, cap.max - 1 - least), asked.at);
    };
    const wasAsked = record.couponApi !== 'not_asked';
    const full = record.reason === 'cooldown' ? capIndex(record.rule) : undefined;
    const fullAtRecall = wasAsked ? undefined : full;
    if (wasAsked || fullAtRecall !== undefined) {
      for (const cap of caps.slice(0, fullAtRecall)) {
        if (countsEveryPush(cap.per)) hadRoom(cap, undefined, atRecall);
      }
    }
    const fullCap = full === undefined ? undefined : caps[full];
    if (fullCap !== undefined && countsEveryPush(fullCap.per)) {
      const { most } = countEntries(entries, fullCap, undefined, wasAsked ? atClaim : atRecall);
      before.atLeast(fullCap, undefined, fullCap.max - most, wasAsked ? 'claim' : 'recall');
    }
    const { couponId, merchantId } = record;
    if (record.outcome === 'queued' && wasAsked && couponId !== undefined && merchantId !== undefined) {
      const push = { couponId, merchantId };
      for (const cap of caps) hadRoom(cap, countsEveryPush(cap.per) ? undefined : push, atClaim);
    }
  };
}

function capIndex(rule: string | undefined): number | undefined {
  const index = /^caps\[(\d+)\]$/.exec(rule ?? '')?.[1];
  return index === undefined ? undefined : Number(index);
}
