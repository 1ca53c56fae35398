/**
 * The claim protocol in memory, held to the same contract as the one in Redis (test/contract/claims.contract.test.ts).
 * One clock for all, moved by the test.
 */
import {
  countsEveryPush,
  MAX_CAP_WINDOW_MS,
  subjectKey,
  type Cap,
  type PushSubject,
} from '../../../src/domain/cap.ts';
import {
  WRITE_WITHIN_MS,
  type DeliveryOutcome,
  type Ending,
  type KeptOutcome,
  type Permission,
  type ReleasedOutcome,
  type DeliveryStore,
} from '../../../src/domain/delivery.ts';
import type { EventRef } from '../../../src/domain/event.ts';
import type { EndedEnvelope, PushEnvelope } from '../../../src/domain/push.ts';
import type { ClaimAnswer, Claims } from '../../../src/pipeline/ports.ts';

interface Entry {
  readonly eventId: string;
  /** What an older version's entry does not say is taken to be whatever is asked. */
  readonly push: Partial<PushSubject>;
  atMs: number;
}

interface StoredPush {
  state: 'claimed' | 'sending' | DeliveryOutcome;
  attempt: number;
  token: string | undefined;
  permittedMs: number;
  endedMs: number;
  reporter: string | undefined;
  readonly expiresAtMs: number;
  readonly envelope: PushEnvelope;
}

export interface SweptEntry {
  readonly ref: EventRef;
  readonly outcome: DeliveryOutcome;
  readonly envelope: EndedEnvelope;
  /** Epoch ms. */
  readonly endedAtMs: number;
}

export interface InMemoryClaims {
  readonly claims: Claims;
  readonly store: DeliveryStore;
  /** A pod of the version before: its entries say no more than that one's did. */
  readonly older: Pick<Claims, 'claim'>;
  /** Brings what is due to its end. @returns what must be reported. */
  sweep(): SweptEntry[];
  state(ref: EventRef): StoredPush['state'] | undefined;
  /** As if Redis had lost it, or its time to live were over. */
  forget(ref: EventRef): void;
}

export function createInMemoryClaims(options: { now: () => number; sweepGraceMs?: number }): InMemoryClaims {
  const { now, sweepGraceMs = 300_000 } = options;
  const records = new Map<string, { readonly ref: EventRef; readonly push: StoredPush }>();
  const histories = new Map<string, Entry[]>();

  const keyOf = ({ userId, eventId }: EventRef) => JSON.stringify([userId, eventId]);
  const find = (ref: EventRef) => records.get(keyOf(ref))?.push;
  const historyOf = (userId: string) => {
    const kept = (histories.get(userId) ?? []).filter(({ atMs }) => atMs > now() - MAX_CAP_WINDOW_MS);
    histories.set(userId, kept);
    return kept;
  };
  /** @param push undefined: of caps that count every push. */
  const isFull = (userId: string, { per, max, windowMs }: Cap, push: PushSubject | undefined) => {
    const counted = historyOf(userId).filter(({ atMs }) => atMs > now() - windowMs);
    if (push === undefined) return counted.length >= max;
    const asked = subjectKey(per, userId, push);
    const same = counted.filter((entry) => subjectKey(per, userId, { ...push, ...entry.push }) === asked);
    return same.length >= max;
  };
  const fullForAll = (userId: string, caps: readonly Cap[]) =>
    caps.findIndex((cap) => countsEveryPush(cap.per) && isFull(userId, cap, undefined));
  const known = (push: StoredPush) => ({
    kind: 'known' as const,
    undelivered: push.state === 'claimed' || push.state === 'sending',
    envelope: push.envelope,
  });
  /** What may yet be written is written within 2 s of its permission. */
  const endOf = ({ state, envelope, endedMs, permittedMs }: StoredPush) => ({
    envelope,
    endedAtMs: state === 'unknown' ? Math.max(endedMs, permittedMs + WRITE_WITHIN_MS) : endedMs,
  });
  const settled = (push: StoredPush) =>
    push.state === 'claimed' || push.state === 'sending'
      ? undefined
      : { kind: 'settled' as const, outcome: push.state, ...endOf(push) };
  const keep = (ref: EventRef, push: StoredPush, outcome: KeptOutcome) => {
    push.state = outcome;
    push.endedMs = now();
    const entry = historyOf(ref.userId).find(({ eventId }) => eventId === ref.eventId);
    if (entry === undefined) return;
    entry.atMs = endOf(push).endedAtMs;
  };
  const giveBack = (ref: EventRef, push: StoredPush, outcome: ReleasedOutcome) => {
    push.state = outcome;
    push.endedMs = now();
    histories.set(
      ref.userId,
      historyOf(ref.userId).filter(({ eventId }) => eventId !== ref.eventId),
    );
  };
  const permission = (kind: 'granted' | 'interrupted', push: StoredPush): Permission => ({
    kind,
    attempt: push.attempt,
    envelope: push.envelope,
    expiresAtMs: push.expiresAtMs,
    remainingMs: push.expiresAtMs - now(),
  });
  const grant = (push: StoredPush, token: string): Permission => {
    if (push.token !== token || push.state === 'claimed') push.attempt += 1;
    Object.assign(push, { state: 'sending', token, permittedMs: now() });
    return permission('granted', push);
  };

  const claimAs =
    (entryOf: (push: PushSubject) => Partial<PushSubject>): Claims['claim'] =>
    async ({ ref, candidates, caps, ttlMs }) => {
      const push = find(ref);
      if (push !== undefined) return known(push);
      let lack: ClaimAnswer | undefined;
      const forAll = fullForAll(ref.userId, caps);
      if (forAll !== -1) return { kind: 'no_room', cap: forAll };
      for (const { envelope, notAfterMs } of candidates) {
        const expiresAtMs = Math.min(now() + ttlMs, notAfterMs ?? Infinity);
        const full = caps.findIndex((cap) => isFull(ref.userId, cap, envelope.push));
        if (expiresAtMs <= now() || full !== -1) {
          lack ??= expiresAtMs <= now() ? { kind: 'too_late' } : { kind: 'no_room', cap: full };
          continue;
        }
        const fresh = { state: 'claimed', attempt: 0, token: undefined, permittedMs: 0, endedMs: 0 } as const;
        records.set(keyOf(ref), { ref, push: { ...fresh, reporter: undefined, expiresAtMs, envelope } });
        historyOf(ref.userId).push({ eventId: ref.eventId, push: entryOf(envelope.push), atMs: Infinity });
        return { kind: 'claimed', envelope };
      }
      return lack ?? { kind: 'too_late' };
    };
  const claims: Claims = {
    recall: async (ref, caps) => {
      const push = find(ref);
      if (push !== undefined) return known(push);
      const full = fullForAll(ref.userId, caps);
      return full === -1 ? { kind: 'new' } : { kind: 'new', fullCap: full };
    },
    claim: claimAs((push) => push),
  };

  const store: DeliveryStore = {
    checkPending: async (ref) => {
      const push = find(ref);
      if (push === undefined) return 'over';
      if (settled(push) !== undefined) return push.reporter === undefined ? 'over' : 'reported';
      return now() < push.expiresAtMs ? 'pending' : 'over';
    },
    permit: async (ref, token) => {
      const push = find(ref);
      if (push === undefined) return { kind: 'absent' };
      const end = settled(push);
      if (end !== undefined) return end;
      if (push.state === 'sending') {
        return push.token === token ? grant(push, token) : permission('interrupted', push);
      }
      if (push.token === token) throw new Error('permit answered spent');
      return now() >= push.expiresAtMs ? { kind: 'expired', envelope: push.envelope } : grant(push, token);
    },
    takeOver: async (ref, attempt, token) => {
      const push = find(ref);
      if (push === undefined) return { kind: 'absent' };
      const end = settled(push);
      if (end !== undefined) return end;
      if (push.state === 'claimed') {
        if (now() >= push.expiresAtMs) return { kind: 'expired', envelope: push.envelope };
        throw new Error('takeOver answered spent');
      }
      if (push.token === token) return grant(push, token);
      if (push.attempt !== attempt || now() >= push.expiresAtMs) return permission('interrupted', push);
      return grant(push, token);
    },
    settle: async (ref, attempt, outcome): Promise<Ending> => {
      const push = find(ref);
      if (push === undefined) return { kind: 'absent' };
      const mine = push.attempt === attempt;
      const end = settled(push);
      if (end !== undefined) {
        return mine && end.outcome === outcome ? { kind: 'done', ...endOf(push) } : end;
      }
      if (push.state !== 'sending' || !mine) return { kind: 'held' };
      keep(ref, push, outcome);
      return { kind: 'done', ...endOf(push) };
    },
    retreat: async (ref, attempt) => {
      const push = find(ref);
      if (push === undefined) return { kind: 'absent' };
      const end = settled(push);
      if (end !== undefined) return end;
      if (push.attempt !== attempt) return { kind: 'held' };
      push.state = 'claimed';
      return { kind: 'done', remainingMs: push.expiresAtMs - now() };
    },
    release: async (ref, outcome, attempt): Promise<Ending> => {
      const push = find(ref);
      if (push === undefined) return { kind: 'absent' };
      const mine = attempt === undefined || push.attempt === attempt;
      const end = settled(push);
      if (end !== undefined) {
        return mine && end.outcome === outcome ? { kind: 'done', ...endOf(push) } : end;
      }
      if (!mine || (push.state === 'sending' && attempt === undefined)) return { kind: 'held' };
      giveBack(ref, push, outcome);
      return { kind: 'done', ...endOf(push) };
    },
    reported: async (ref, reporter) => {
      const push = find(ref);
      if (push === undefined) return true;
      push.reporter ??= reporter;
      return push.reporter === reporter;
    },
  };

  const sweepOne = (ref: EventRef, push: StoredPush): SweptEntry | undefined => {
    const end = settled(push);
    const { expiresAtMs, permittedMs } = push;
    if (end !== undefined) {
      if (push.reporter !== undefined || now() < push.endedMs + sweepGraceMs) return undefined;
      return { ref, outcome: end.outcome, ...endOf(push) };
    }
    const lastMs = push.state === 'sending' ? Math.max(expiresAtMs, permittedMs) : expiresAtMs;
    if (now() < lastMs + sweepGraceMs) return undefined;
    if (push.state === 'sending') {
      keep(ref, push, 'unknown');
      return { ref, outcome: 'unknown', ...endOf(push) };
    }
    giveBack(ref, push, 'expired');
    return { ref, outcome: 'expired', ...endOf(push) };
  };

  return {
    claims,
    store,
    older: { claim: claimAs(({ merchantId, couponId }) => ({ merchantId, couponId })) },
    sweep: () => [...records.values()].flatMap(({ ref, push }) => sweepOne(ref, push) ?? []),
    state: (ref) => find(ref)?.state,
    forget: (ref) => void records.delete(keyOf(ref)),
  };
}
