/**
 * A reader's own idea of the funnel, from the contract's table and the example rules, a few lines a filter: enough
 * to say what a city's events would come to, without a line of the service's own code.
 */
import { gunzipSync } from 'node:zlib';
import type { City } from '../../simulation/city/city.ts';
import type { CityRecord } from '../../simulation/city/records.ts';
import { localHour } from '../../simulation/city/zones.ts';
import { createStock } from '../../simulation/partners/stock.ts';

export type Shares = Readonly<Record<string, number>>;

interface Wire {
  readonly userId: string;
  readonly occurredAt: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly merchantId?: string;
  readonly trigger?: string;
  readonly accuracyMeters?: number | null;
  readonly timeZone?: string;
  readonly pushConsent?: boolean;
}

/** The record's value as its texts, one an event, whatever they hold. */
const textsOf = (record: CityRecord): string[] => {
  if (record.value === null) return [''];
  const packed = record.headers['content-encoding'] === 'gzip';
  if (record.events[0]?.bad !== undefined && record.events.length === 1) return [''];
  const text = (packed ? gunzipSync(record.value) : record.value).toString();
  if (record.headers['content-type'] === 'application/x-ndjson')
    return text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (!text.startsWith('[')) return [text];
  return (JSON.parse(text) as unknown[]).map((element) => JSON.stringify(element));
};

const isNight = (hour: number): boolean => hour >= 21 || hour < 8;

const isZone = (name: string): boolean => {
  try {
    localHour(name, 0);
    return true;
  } catch {
    return false;
  }
};

/** Plays the city at one moment and says which share of the events ends how. */
export const classify = (city: City, events: number, nowMs: number): Shares => {
  const counts: Record<string, number> = {};
  const findCoupons = createStock(city.shops);
  const merchants = new Map(city.shops.map((shop) => [shop.merchantId, shop]));
  const merchantZone = (city.merchants('1').merchants[0] as { timeZone: string }).timeZone;
  const pushed = new Set<string>();

  const reasonOf = (event: Wire): string => {
    if (event.pushConsent === false) return 'no_consent';
    if (nowMs - Date.parse(event.occurredAt) > 15 * 60_000) return 'stale';
    if (event.trigger === 'exit') return 'trigger';
    if ((event.accuracyMeters ?? 0) > 250) return 'inaccurate';
    const own = event.timeZone !== undefined && isZone(event.timeZone) ? event.timeZone : undefined;
    const known = merchants.has(event.merchantId ?? '') ? merchantZone : 'Europe/Berlin';
    const hour = localHour(own ?? known, nowMs);
    if (isNight(hour)) return 'quiet_hours';
    if (pushed.has(event.userId)) return 'cooldown';
    const coupons = findCoupons(event, nowMs);
    if (coupons.length === 0) return 'no_coupons';
    const good = coupons.some((coupon) => {
      const shop = merchants.get(coupon.merchantId);
      const ends = coupon.validUntil === undefined ? Infinity : Date.parse(coupon.validUntil) - nowMs;
      return (
        shop?.active === true &&
        shop.merchantId !== 'm-closed' &&
        coupon.discountPercent >= 10 &&
        ends >= 30 * 60_000 &&
        !(coupon.category === 'alcohol' && hour < 12)
      );
    });
    if (!good) return 'rules_excluded';
    pushed.add(event.userId);
    return 'queued';
  };

  let total = 0;
  for (const record of city.records(events)) {
    const texts = textsOf(record);
    for (const event of record.events) {
      total += 1;
      const text = texts[event.index];
      const reason = event.bad?.reason ?? reasonOf(JSON.parse(text ?? '') as Wire);
      counts[reason] = (counts[reason] ?? 0) + 1;
    }
  }
  return Object.fromEntries(Object.entries(counts).map(([reason, count]) => [reason, count / total]));
};
