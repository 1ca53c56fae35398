/**
 * The claims of a replay, in memory. Guarantee: the answers of Redis, where the user's pushes are known. Where some only
 * may count, they answer for one end: counting what surely counts, or all that may. Everything that a claim asks is a
 * list of questions whose answers turn one way as more counts. So where both ends agree, whatever truly counted would have
 * given that answer too; and a coupon that is claimed in between stands between those of the two ends.
 */
import { countsEveryPush, type Cap, type PushSubject } from '../domain/cap.ts';
import type { EventRef } from '../domain/event.ts';
import type { PushEnvelope } from '../domain/push.ts';
import type { ClaimAnswer, ClaimCandidate, ClaimRequest, Claims, Recalled } from '../pipeline/ports.ts';
import type { Asked } from './moments.ts';
import { countEntries, countingSince, isClaimedBefore, type PushHistory } from './push-history.ts';
import type { AskedAt } from './pushes-before.ts';

/** Which pushes count: those that surely do, or all that may. */
export type End = 'least' | 'most';

export interface ClaimsOptions {
  readonly historyOf: (userId: string) => PushHistory;
  readonly asked: (where: AskedAt) => Asked;
  /** The push that is claimed; the history is its reader's to write. */
  readonly onClaimed: (ref: EventRef, envelope: PushEnvelope) => void;
  /** Hears each cap that the answer of an end hangs on, in order. */
  readonly noteCap?: ((check: ReplayedCap) => void) | undefined;
}

export interface ReplayedCap {
  /** Of the rules' caps. */
  readonly cap: number;
  /** Undefined: for the user. */
  readonly couponId: string | undefined;
  /** How many pushes surely count, and how many may: Infinity where nobody knows. */
  readonly least: number;
  readonly most: number;
  /** Epoch ms: about since when each counts; of those that have been delivered. */
  readonly sinceMs: readonly number[];
}

/** What became plain while the claims answered for an end. */
export interface AskedSoFar {
  /** The other end has another answer. */
  differs: boolean;
  /** … which hangs on pushes of which there is no record. */
  hangsOnBefore: boolean;
  /** An earlier run of the event may have claimed it meanwhile, whatever this one comes to. */
  isOwnUnsure: boolean;
  /** What may be claimed; undefined: whatever coupon. */
  claimable: readonly PushSubject[] | undefined;
}

export interface ReplayedClaims extends Claims {
  /** From now on the claims answer for this end. @returns what becomes plain meanwhile. */
  countAs(end: End): AskedSoFar;
}

type Choice =
  { readonly index: number } | { readonly lack: Extract<ClaimAnswer, { kind: 'no_room' | 'too_late' }> };

export function createReplayedClaims(options: ClaimsOptions): ReplayedClaims {
  const { historyOf, onClaimed, noteCap } = options;
  let isNoted = false;
  let end: End = 'least';
  let soFar = nothingSoFar();

  /** What is asked meanwhile is asked for the answer. */
  function noted<T>(work: () => T): T {
    isNoted = noteCap !== undefined;
    try {
      return work();
    } finally {
      isNoted = false;
    }
  }

  function isFull(
    { entries, before }: PushHistory,
    cap: Cap,
    index: number,
    push: PushSubject | undefined,
    where: AskedAt,
    at: End,
  ): boolean {
    const asked = options.asked(where);
    const { least, most } = countEntries(entries, cap, push, asked);
    const leastBefore = before?.least(cap, push, where) ?? 0;
    if (isNoted) {
      noteCap?.({
        cap: index,
        couponId: push?.couponId,
        least: least + leastBefore,
        most: most + Math.max(leastBefore, before?.most(cap, push, asked.at) ?? 0),
        sinceMs: countingSince(entries, cap, push, asked),
      });
    }
    const isSurelyFull = least + leastBefore >= cap.max;
    if (isSurelyFull || at === 'least') return isSurelyFull;
    if (most >= cap.max) return true;
    if (before === undefined || most + before.most(cap, push, asked.at) < cap.max) return false;
    soFar.hangsOnBefore = true;
    return true;
  }

  const fullForUser = (history: PushHistory, caps: readonly Cap[], asked: AskedAt, at: End): number =>
    caps.findIndex(
      (cap, index) => countsEveryPush(cap.per) && isFull(history, cap, index, undefined, asked, at),
    );

  /** Where an earlier run may have claimed it meanwhile, it has at the most. */
  const known = (history: PushHistory, { eventId }: EventRef, where: AskedAt) => {
    const entry = history.entries.find((one) => one.eventId === eventId);
    if (entry?.envelope === undefined || !entry.isSure) return undefined;
    const asked = options.asked(where);
    const before = isClaimedBefore(entry, asked);
    if (before === 'maybe') soFar.differs = soFar.isOwnUnsure = true;
    if (before === 'no' || (before === 'maybe' && end === 'least')) return undefined;
    const { end: ended } = entry.recorded;
    const undelivered = ended === undefined || asked.at.fromMs < ended.fromMs;
    return { kind: 'known', undelivered, envelope: entry.envelope } as const;
  };

  function lackOf(
    history: PushHistory,
    candidate: ClaimCandidate,
    request: ClaimRequest,
    at: End,
  ): Choice | undefined {
    const { envelope, notAfterMs = Infinity } = candidate;
    const { fromMs, untilMs } = options.asked('claim').at;
    const lateMs = at === 'least' ? fromMs : untilMs;
    if (notAfterMs <= lateMs || request.ttlMs <= 0) return { lack: { kind: 'too_late' } };
    const cap = request.caps.findIndex(
      (one, index) => !countsEveryPush(one.per) && isFull(history, one, index, envelope.push, 'claim', at),
    );
    return cap === -1 ? undefined : { lack: { kind: 'no_room', cap } };
  }

  function choose(history: PushHistory, request: ClaimRequest, at: End): Choice {
    const full = fullForUser(history, request.caps, 'claim', at);
    if (full !== -1) return { lack: { kind: 'no_room', cap: full } };
    let best: Choice | undefined;
    for (const [index, candidate] of request.candidates.entries()) {
      const lack = lackOf(history, candidate, request, at);
      if (lack === undefined) return { index };
      best ??= lack;
    }
    return best ?? { lack: { kind: 'too_late' } };
  }

  /** Those with room at the least, from the best one with room to the one that surely has it. */
  function claimable(
    history: PushHistory,
    request: ClaimRequest,
    least: Choice,
    most: Choice,
  ): PushSubject[] {
    if (!('index' in least)) return [];
    const last = 'index' in most ? most.index : request.candidates.length - 1;
    return request.candidates
      .slice(least.index, last + 1)
      .filter((candidate) => lackOf(history, candidate, request, 'least') === undefined)
      .map(({ envelope }) => envelope.push);
  }

  return {
    countAs(chosen) {
      end = chosen;
      soFar = nothingSoFar();
      return soFar;
    },
    recall: async (ref, caps): Promise<Recalled> => {
      const history = historyOf(ref.userId);
      const own = known(history, ref, 'recall');
      if (own !== undefined) return own;
      const full = noted(() => fullForUser(history, caps, 'recall', end));
      soFar.differs ||= full !== fullForUser(history, caps, 'recall', end === 'least' ? 'most' : 'least');
      return full === -1 ? { kind: 'new' } : { kind: 'new', fullCap: full };
    },
    claim: async (request): Promise<ClaimAnswer> => {
      const history = historyOf(request.ref.userId);
      const own = known(history, request.ref, 'claim');
      if (own !== undefined) return own;
      const chooseAs = (at: End): Choice =>
        at === end ? noted(() => choose(history, request, at)) : choose(history, request, at);
      const least = chooseAs('least');
      const most = chooseAs('most');
      soFar.differs ||= !isSameChoice(least, most);
      // A second call follows only where the first one claimed nothing: what both may claim is not looked for.
      const found = claimable(history, request, least, most);
      soFar.claimable = soFar.claimable?.length === 0 ? found : undefined;
      const chosen = end === 'least' ? least : most;
      if ('lack' in chosen) return chosen.lack;
      const { envelope } = request.candidates[chosen.index] as ClaimCandidate;
      onClaimed(request.ref, envelope);
      return { kind: 'claimed', envelope };
    },
  };
}

function nothingSoFar(): AskedSoFar {
  return { differs: false, hangsOnBefore: false, isOwnUnsure: false, claimable: [] };
}

function isSameChoice(a: Choice, b: Choice): boolean {
  if ('index' in a) return 'index' in b && a.index === b.index;
  if ('index' in b || a.lack.kind !== b.lack.kind) return false;
  return a.lack.kind === 'too_late' || (b.lack.kind === 'no_room' && a.lack.cap === b.lack.cap);
}
