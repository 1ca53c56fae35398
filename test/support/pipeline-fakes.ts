/** In-memory stand-ins for the flow's ports, each scriptable by the test that holds it. */
import type { Coupon } from '../../src/domain/coupon.ts';
import type { Merchant } from '../../src/domain/merchant.ts';
import type { Outcome, OutcomeRecord } from '../../src/domain/outcome.ts';
import type { RecordPiece } from '../../src/domain/record.ts';
import type {
  ClaimAnswer,
  ClaimRequest,
  CouponAnswer,
  DeadLetter,
  Recalled,
  Ruleset,
} from '../../src/pipeline/ports.ts';
import type { Ownership } from '../../src/domain/ownership.ts';
import type { EdgePorts } from '../../src/pipeline/edge.ts';
import { ownershipOf } from './kafka/ownership-of.ts';
import { coordinates } from '../../src/rules/distance.ts';
import { silentLogger } from './silent-logger.ts';

export const NOW = Date.parse('2026-11-22T12:00:00Z');

export const coupon: Coupon = { couponId: 'c-1', merchantId: 'm-1', title: 'Coffee', discountPercent: 20 };

export function ruleset(changes: Partial<Ruleset> = {}): Ruleset {
  return {
    version: 'r1',
    hash: '0123456789ab',
    enabled: true,
    caps: [{ per: 'user', max: 1, windowMs: 86_400_000 }],
    maxEventAgeMs: undefined,
    maxAccuracyMeters: undefined,
    triggers: undefined,
    pushTtlMs: 1_800_000,
    merchantLimit: () => undefined,
    inRollout: () => true,
    quietHours: () => ({ quiet: false, nextStartMs: undefined }),
    localTime: () => undefined,
    rank: (_event, coupons) => ({
      candidates: coupons.map((found) => ({ coupon: found, score: 1, text: () => ({ title: found.title }) })),
      exclusions: [],
    }),
    ...changes,
  };
}

export function piece(value: unknown, changes: Partial<RecordPiece> = {}): RecordPiece {
  return {
    source: { topic: 'location-events', partition: 3, offset: '41', index: 0 },
    envelope: { key: null, headers: {} },
    bytes: Buffer.from(JSON.stringify(value)),
    unpacked: false,
    content: { kind: 'json', value },
    ...changes,
  };
}

export function rawEvent(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    userId: 'u-1',
    eventId: 'e-1',
    occurredAt: new Date(NOW - 1000).toISOString(),
    latitude: 52.5,
    longitude: 13.4,
    ...changes,
  };
}

export interface Bench {
  readonly ports: EdgePorts;
  readonly ownership: Ownership & { lose(): void };
  readonly log: string[];
  readonly outcomes: OutcomeRecord[];
  readonly letters: DeadLetter[];
  readonly ended: Outcome[];
  readonly counts: { received: number; abandoned: number };
  /** What each port answers, one script entry a call; the last repeats. An Error is thrown. */
  readonly script: {
    recall: (Recalled | Error)[];
    coupons: (CouponAnswer | Error)[];
    claim: (ClaimAnswer | Error)[];
    enqueue: (undefined | Error)[];
    publish: (undefined | Error)[];
    record: (undefined | Error)[];
  };
  rules: Ruleset;
  merchants: Map<string, Merchant>;
  claims: ClaimRequest[];
  onCall: (name: string) => void;
  sleeps: number[];
}

export function bench(): Bench {
  const controller = new AbortController();
  const state: Bench = {
    log: [],
    outcomes: [],
    letters: [],
    ended: [],
    counts: { received: 0, abandoned: 0 },
    script: {
      recall: [{ kind: 'new' }],
      coupons: [{ kind: 'coupons', coupons: [coupon] }],
      claim: [],
      enqueue: [undefined],
      publish: [undefined],
      record: [undefined],
    },
    rules: ruleset(),
    merchants: new Map(),
    claims: [],
    onCall: () => undefined,
    sleeps: [],
    ownership: {
      ...ownershipOf(controller.signal),
      lose: () => {
        controller.abort();
      },
    },
    ports: undefined as unknown as EdgePorts,
  };
  const play = <T>(name: string, script: (T | Error)[]): Promise<T> => {
    state.log.push(name);
    state.onCall(name);
    const next = script.length > 1 ? script.shift() : script[0];
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next as T);
  };
  const ports: EdgePorts = {
    pod: 'pod-1',
    maxEventAgeMs: 900_000,
    clock: {
      now: () => NOW,
      sleep: (ms) => {
        state.sleeps.push(ms);
        return Promise.resolve();
      },
    },
    logger: silentLogger,
    waiting: { begin: () => ({ failed: () => undefined, end: () => undefined }) },
    documents: { rules: () => state.rules, findMerchant: (id) => state.merchants.get(id) },
    claims: {
      recall: () => play('recall', state.script.recall),
      claim: (request) => {
        state.claims.push(request);
        const [first] = request.candidates;
        const answer: (ClaimAnswer | Error)[] =
          state.script.claim.length > 0 || first === undefined
            ? state.script.claim
            : [{ kind: 'claimed', envelope: first.envelope }];
        return play('claim', answer);
      },
    },
    places: coordinates,
    queue: { enqueue: () => play<undefined>('enqueue', state.script.enqueue) },
    coupons: { find: () => play('coupons', state.script.coupons) },
    deadLetters: {
      publish: async (letter) => {
        await play<undefined>('publish', state.script.publish);
        state.letters.push(letter);
      },
    },
    outcomes: {
      record: async (record) => {
        await play<undefined>('record', state.script.record);
        state.outcomes.push(record);
      },
    },
    meter: {
      received: () => {
        state.counts.received += 1;
      },
      abandoned: () => {
        state.counts.abandoned += 1;
      },
      ended: (outcome) => {
        state.ended.push(outcome);
      },
      ruleExcluded: (exclusion) => {
        state.log.push(`excluded by ${exclusion.rule}`);
      },
      stage: () => undefined,
    },
  };
  return Object.assign(state, { ports });
}
