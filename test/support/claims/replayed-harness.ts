/**
 * The claims of a replay under the contract of the claims: each push ends in the store in memory, and the replay's history
 * is told. All is known to the millisecond, so both ends must have one answer: else the test fails.
 */
import { WRITE_WITHIN_MS, type KeptOutcome, type ReleasedOutcome } from '../../../src/domain/delivery.ts';
import type { EventRef } from '../../../src/domain/event.ts';
import type { ClaimRequest, Claims } from '../../../src/pipeline/ports.ts';
import type { HistoryEntry, PushEnd } from '../../../src/replay/push-history.ts';
import { createReplayedClaims } from '../../../src/replay/replayed-claims.ts';
import { createInMemoryClaims } from './in-memory-claims.ts';

/** The smallest part of a ms that a time of today tells apart. */
const STEP_MS = 1 / 4096;

const UNDELIVERED: PushEnd = { fromMs: Infinity, untilMs: Infinity, isKept: true };

interface Claimed {
  readonly ref: EventRef;
  readonly entry: HistoryEntry & { readonly recorded: { end: PushEnd | undefined } };
  permittedMs: number;
}

/** @returns a harness of the contract (`claims-harness.ts`). */
export function replayedHarness(sweepGraceMs: number) {
  let offsetMs = 0;
  const startMs = Date.now();
  const now = (): number => startMs + offsetMs;
  let steps = 0;
  /** Each a little later than the one before, as what happens in one ms may have happened in any order. */
  const moment = (): number => now() + (steps += 1) * STEP_MS;
  const momentOnly = (): { readonly fromMs: number; readonly untilMs: number } => {
    const atMs = moment();
    return { fromMs: atMs, untilMs: atMs };
  };
  const memory = createInMemoryClaims({ now, sweepGraceMs });
  const histories = new Map<string, HistoryEntry[]>();
  const open = new Set<Claimed>();
  const entriesOf = (userId: string): HistoryEntry[] => {
    const entries = histories.get(userId) ?? [];
    histories.set(userId, entries);
    return entries;
  };

  const replayed = createReplayedClaims({
    historyOf: (userId) => ({ entries: entriesOf(userId), before: undefined }),
    asked: () => ({ at: momentOnly(), pod: 'pod-1' }),
    onClaimed: (ref, envelope) => {
      const entry = {
        eventId: ref.eventId,
        claimed: momentOnly(),
        pod: 'pod-1',
        pushes: [envelope.push],
        isSure: true,
        recorded: { end: UNDELIVERED },
        envelope,
      };
      entriesOf(ref.userId).push(entry);
      open.add({ ref, entry, permittedMs: 0 });
    },
  });
  const atBothEnds = async <T>(ask: () => Promise<T>): Promise<T> => {
    const soFar = replayed.countAs('most');
    const answer = await ask();
    if (soFar.differs) throw new Error('the ends differ, where everything is known');
    return answer;
  };
  const claim = async (request: ClaimRequest) => {
    const answer = await atBothEnds(() => replayed.claim(request));
    if (answer.kind === 'claimed') {
      const candidates = request.candidates.filter(({ envelope }) => envelope === answer.envelope);
      await memory.claims.claim({ ...request, candidates, caps: [] });
    }
    return answer;
  };
  const claims: Claims = { recall: (ref, caps) => atBothEnds(() => replayed.recall(ref, caps)), claim };

  /** Tells the history what has ended. */
  const note = <T>(answer: T): T => {
    for (const claimed of open) {
      const state = memory.state(claimed.ref);
      if (state === undefined || state === 'claimed' || state === 'sending') continue;
      const isKept = state === 'sent' || state === 'unknown' || state === 'dry_run';
      const atMs = state === 'unknown' ? Math.max(moment(), claimed.permittedMs + WRITE_WITHIN_MS) : moment();
      claimed.entry.recorded.end = { fromMs: atMs, untilMs: atMs, isKept };
      open.delete(claimed);
    }
    return answer;
  };
  const permitted = <T extends { readonly kind: string }>({ userId, eventId }: EventRef, answer: T): T => {
    for (const claimed of open) {
      const isIt = claimed.ref.userId === userId && claimed.ref.eventId === eventId;
      if (isIt && answer.kind === 'granted') claimed.permittedMs = now();
    }
    return answer;
  };
  const { store } = memory;

  return {
    claims,
    older: { claim },
    store: {
      ...store,
      permit: async (ref: EventRef, token: string) => permitted(ref, await store.permit(ref, token)),
      takeOver: async (ref: EventRef, attempt: number, token: string) =>
        permitted(ref, await store.takeOver(ref, attempt, token)),
      settle: async (ref: EventRef, attempt: number, outcome: KeptOutcome) =>
        note(await store.settle(ref, attempt, outcome)),
      release: async (ref: EventRef, outcome: ReleasedOutcome, attempt?: number) =>
        note(await store.release(ref, outcome, attempt)),
    },
    sweep: async () => {
      const swept = note(memory.sweep());
      for (const { ref } of swept) await store.reported(ref, 'sweep');
      return swept;
    },
    nowMs: async () => now(),
    advance: (ms: number) => void (offsetMs += ms),
    close: async () => {},
  };
}
