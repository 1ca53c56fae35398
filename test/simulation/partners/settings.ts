/**
 * How the partners behave right now. Everything here can be changed while they run, by `control()` or by
 * `POST /control`, so that a test can take a partner away and give it back.
 */
import { z } from 'zod';
import {
  AUTH_FAULTS,
  COUPON_FAULTS,
  MILD_COUPON_RATES,
  MILD_PUSH_RATES,
  PUSH_FAULTS,
  scaleRates,
  SICK_COUPON_WAYS,
  SICK_PUSH_WAYS,
} from './faults.ts';

const rates = <F extends string>(faults: readonly [F, ...F[]]) =>
  z.partialRecord(z.enum(faults), z.number().min(0).max(1));

const latency = z.strictObject({
  /** Half of the answers take less. */
  medianMs: z.number().min(0),
  /** Spread of the log-normal: 0 is constant. */
  sigma: z.number().min(0),
  maxMs: z.number().min(0),
});
export type Latency = z.infer<typeof latency>;

/** Users whose every call fails, always the same ones for a given share. */
const sickUsers = <W extends string>(ways: readonly [W, ...W[]]) =>
  z.strictObject({ share: z.number().min(0).max(1), way: z.enum(ways) });

const couponApi = z.strictObject({
  /** Closed port: connections are refused, open ones cut. */
  down: z.boolean(),
  latency,
  rates: rates(COUPON_FAULTS),
  /** Share of good answers with a coupon in them that breaks the schema. */
  invalidCouponRate: z.number().min(0).max(1),
  /** Share of good answers that name a coupon twice. */
  repeatedCouponRate: z.number().min(0).max(1),
  /** Share of good answers that are packed although nobody asked for it. */
  packedRate: z.number().min(0).max(1),
  sickUsers: sickUsers(SICK_COUPON_WAYS),
});

const pushApi = z.strictObject({
  down: z.boolean(),
  latency,
  rates: rates(PUSH_FAULTS),
  /** Honours `Idempotency-Key`: the same key is sent once and answered alike. */
  idempotent: z.boolean(),
  sickUsers: sickUsers(SICK_PUSH_WAYS),
});

const auth = z.strictObject({
  down: z.boolean(),
  /** Whether the other two ask for a token at all. */
  required: z.boolean(),
  rates: rates(AUTH_FAULTS),
  tokenLifeSeconds: z.number().positive(),
});

const settings = z.strictObject({ couponApi, pushApi, auth, retryAfterSeconds: z.number().min(0) });
export type PartnerSettings = z.infer<typeof settings>;

/** A change: only what is named changes; `rates` and `latency` are replaced as a whole. */
export const settingsPatch = z.strictObject({
  couponApi: couponApi.partial().optional(),
  pushApi: pushApi.partial().optional(),
  auth: auth.partial().optional(),
  retryAfterSeconds: z.number().min(0).optional(),
  /** Makes every token issued so far worthless. */
  revokeTokens: z.boolean().optional(),
});
export type SettingsPatch = z.infer<typeof settingsPatch>;

/** Partners on a perfect day: quick, no faults, no auth. */
export const PERFECT: PartnerSettings = {
  couponApi: {
    down: false,
    latency: { medianMs: 0, sigma: 0, maxMs: 0 },
    rates: {},
    invalidCouponRate: 0,
    repeatedCouponRate: 0,
    packedRate: 0,
    sickUsers: { share: 0, way: 'unavailable503' },
  },
  pushApi: {
    down: false,
    latency: { medianMs: 0, sigma: 0, maxMs: 0 },
    rates: {},
    idempotent: false,
    sickUsers: { share: 0, way: 'tooMany429' },
  },
  auth: { down: false, required: false, rates: {}, tokenLifeSeconds: 60 },
  retryAfterSeconds: 1,
};

const defined = (patch: object): object =>
  Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));

/** The settings after a change. */
export const applyPatch = (current: PartnerSettings, patch: SettingsPatch): PartnerSettings =>
  settings.parse({
    couponApi: { ...current.couponApi, ...defined(patch.couponApi ?? {}) },
    pushApi: { ...current.pushApi, ...defined(patch.pushApi ?? {}) },
    auth: { ...current.auth, ...defined(patch.auth ?? {}) },
    retryAfterSeconds: patch.retryAfterSeconds ?? current.retryAfterSeconds,
  });

/** A good day with a fault now and then, at the latencies of a neighbouring data centre. */
export const MILD_SETTINGS: SettingsPatch = {
  couponApi: {
    latency: { medianMs: 12, sigma: 0.6, maxMs: 400 },
    rates: MILD_COUPON_RATES,
    invalidCouponRate: 0.02,
    repeatedCouponRate: 0.01,
  },
  pushApi: { latency: { medianMs: 20, sigma: 0.5, maxMs: 500 }, rates: MILD_PUSH_RATES },
};

/** A bad day: this share of the calls of each API fails, in the same mixture as on a good one. */
export const failingSettings = (share: number): SettingsPatch => ({
  couponApi: { ...MILD_SETTINGS.couponApi, rates: scaleRates(MILD_COUPON_RATES, share) },
  pushApi: { ...MILD_SETTINGS.pushApi, rates: scaleRates(MILD_PUSH_RATES, share) },
});
