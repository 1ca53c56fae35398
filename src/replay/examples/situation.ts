/**
 * An example, with the file's defaults, as the situation that is decided. What an example leaves out is an ordinary
 * event at a shop's door, and one coupon of that shop.
 */
import type { LocationEvent } from '../../domain/event.ts';
import type { Merchant } from '../../domain/merchant.ts';
import type { RecordPiece } from '../../domain/record.ts';
import { validate } from '../../pipeline/steps/validate.ts';
import { durationMs } from '../../rules/document/duration.ts';
import type { Situation } from '../decide.ts';
import type { KnownPush } from '../known-pushes.ts';
import { couponsOf } from './coupons.ts';
import { onDayOf, readMoment } from './moment.ts';
import type { Report } from './report-issues.ts';
import type { WrittenDefaults, WrittenExample } from './schema.ts';

/** All but the rules: they are what examples are tried with. */
export type Given = Omit<Situation, 'rules'>;
type FindMerchant = Situation['findMerchant'];

const AN_EVENT = { userId: 'user-1', eventId: 'event-1', latitude: 52.52, longitude: 13.405 };
const ANOTHER = { merchantId: 'another-merchant', couponId: 'another-coupon' };
const MAX_EVENT_AGE = '15m';
/**
 * @param inFile finds a merchant of the file that the example names.
 * @param report hears what can't be. @returns undefined after a report.
 */
export function buildSituation(
  example: WrittenExample,
  defaults: WrittenDefaults,
  inFile: FindMerchant,
  report: Report,
): Given | undefined {
  const nowMs = momentOf(example, defaults, report);
  if (nowMs === undefined) return undefined;
  const event = eventOf({ ...defaults.event, ...example.event }, nowMs, (message) =>
    report(['event'], message),
  );
  if (event === undefined) return undefined;
  const pushes = (example.pushes ?? defaults.pushes ?? []).map((push) => pushOf(push, nowMs));
  const late = pushes.findIndex(({ atMs }) => atMs > nowMs);
  if (late !== -1)
    report(['pushes', late], 'a push that was sent before lies after the moment of the decision');
  const coupons = couponsOf(example, defaults, event, nowMs, report);
  return late === -1 && coupons !== undefined
    ? {
        nowMs,
        event,
        pushes,
        coupons: { kind: 'coupons', coupons },
        findMerchant: merchantsOf(example, defaults, inFile),
        maxEventAgeMs: durationMs(example.maxEventAge ?? defaults.maxEventAge ?? MAX_EVENT_AGE),
      }
    : undefined;
}

function momentOf(
  { at: written }: WrittenExample,
  defaults: WrittenDefaults,
  report: Report,
): number | undefined {
  const at = written ?? defaults.at;
  if (at === undefined) {
    report([], 'has no "at", and there is none in defaults: when is the event decided?');
    return undefined;
  }
  const nowMs = readMoment(onDayOf(defaults.at, at) ?? at, 0);
  if (nowMs === undefined)
    report(['at'], 'is no moment: the day is missing in defaults, or has no such time');
  return nowMs;
}

function eventOf(
  { occurredAt, ...written }: NonNullable<WrittenExample['event']>,
  nowMs: number,
  report: (message: string) => void,
): LocationEvent | undefined {
  const occurredAtMs = occurredAt === undefined ? nowMs : (readMoment(occurredAt, nowMs) ?? nowMs);
  const value = { ...AN_EVENT, ...written, occurredAt: new Date(occurredAtMs).toISOString() };
  const validated = validate({ ...A_PIECE, content: { kind: 'json', value } }, nowMs);
  if (validated.ok) return validated.event;
  report(`is no event that pods take: ${validated.error}`);
  return undefined;
}

const A_PIECE: Omit<RecordPiece, 'content'> = {
  source: { topic: '', partition: 0, offset: '0', index: 0 },
  envelope: { key: null, headers: {} },
  bytes: null,
  unpacked: false,
};

function pushOf(push: NonNullable<WrittenExample['pushes']>[number], nowMs: number): KnownPush {
  const {
    at,
    merchantId = ANOTHER.merchantId,
    couponId = ANOTHER.couponId,
  } = typeof push === 'string' ? { at: push } : push;
  return { merchantId, couponId, atMs: readMoment(at, nowMs) ?? nowMs };
}

function merchantsOf(
  { merchants = [] }: WrittenExample,
  defaults: WrittenDefaults,
  inFile: FindMerchant,
): FindMerchant {
  const known = new Map<string, Merchant>();
  for (const { merchantId, ...own } of [...(defaults.merchants ?? []), ...merchants]) {
    const before = known.get(merchantId) ?? inFile(merchantId) ?? { merchantId, active: true };
    const given = Object.entries({ ...before, ...own }).filter(([, value]) => value !== null);
    known.set(merchantId, {
      ...(Object.fromEntries(given) as Omit<Merchant, 'active'>),
      active: own.active ?? before.active,
    });
  }
  return (merchantId) => known.get(merchantId) ?? inFile(merchantId);
}
