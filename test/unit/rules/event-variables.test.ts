/**
 * What rules see of an event is what the event says: each variable by its value, of an event with nothing optional in
 * it, and of one that differs in one field. A new field needs its line here, or this does not compile.
 */
import { expect, it } from 'vitest';
import type { LocationEvent } from '../../../src/domain/event.ts';
import { VARIABLES } from '../../../src/domain/rule-variables.ts';
import { namesOf } from '../../../src/runtime/names-of.ts';
import { coupon, excluded, NOW, rules, type Scene } from './documents.ts';

type Seen = Readonly<Record<keyof typeof VARIABLES.event, string | number | boolean>>;

/** Of the event of `documents.ts`, which has only what every event has. */
const BARE: Seen = {
  userId: 'u-1',
  merchantId: '',
  trigger: 'enter',
  latitude: 52.52,
  longitude: 13.405,
  accuracyMeters: 0,
  hasAccuracy: false,
  ageSeconds: 90,
  localHour: 0,
  localWeekday: 0,
  timeZoneKnown: false,
  locale: '',
};

/** By field of the event: another value, and every variable that changes with it. */
const CHANGES: Readonly<Record<keyof LocationEvent, readonly [Scene, Partial<Seen>]>> = {
  eventId: [{ event: { eventId: 'e-7' } }, {}],
  userId: [{ event: { userId: 'u-7' } }, { userId: 'u-7' }],
  occurredAtMs: [{ event: { occurredAtMs: NOW - 7500 } }, { ageSeconds: 7.5 }],
  latitude: [{ event: { latitude: -33.9 } }, { latitude: -33.9 }],
  longitude: [{ event: { longitude: 151.2 } }, { longitude: 151.2 }],
  merchantId: [{ event: { merchantId: 'm-7' } }, { merchantId: 'm-7' }],
  trigger: [{ event: { trigger: 'exit' } }, { trigger: 'exit' }],
  accuracyMeters: [{ event: { accuracyMeters: 33.5 } }, { accuracyMeters: 33.5, hasAccuracy: true }],
  // The pipeline hands in whose time zone counts, which need not be the event's own.
  timeZone: [{ timeZone: 'Asia/Tokyo' }, { timeZoneKnown: true, localHour: 21, localWeekday: 7 }],
  locale: [{ event: { locale: 'ja-JP' } }, { locale: 'ja-JP' }],
  pushConsent: [{ event: { pushConsent: false } }, {}],
};

it('of an event with nothing optional: "", 0 and false', () => {
  expect(otherThan(BARE, {})).toEqual([]);
});

it('of a number that is there and 0: that it is there', () => {
  expect(otherThan({ ...BARE, hasAccuracy: true }, { event: { accuracyMeters: 0 } })).toEqual([]);
});

it.each(namesOf(CHANGES))('of its %s: just that', (field) => {
  const [scene, seen] = CHANGES[field];
  expect(otherThan({ ...BARE, ...seen }, scene)).toEqual([]);
  expect(otherThan(BARE, scene).toSorted()).toEqual(Object.keys(seen).toSorted());
});

it('every variable changes with some field', () => {
  const changed = new Set(Object.values(CHANGES).flatMap(([, seen]) => Object.keys(seen)));
  expect([...changed].toSorted()).toEqual(Object.keys(VARIABLES.event).toSorted());
});

/** @returns the variables whose value, as a condition sees it in the scene, is another than this. */
function otherThan(seen: Seen, scene: Scene): string[] {
  return namesOf(seen).filter((name) => {
    const when = `event.${name} == ${JSON.stringify(seen[name])}`;
    const ruleset = rules(`rules: [{ id: it, when: ${JSON.stringify(when)}, then: exclude }]`);
    return excluded(ruleset, [coupon('c-1')], { timeZone: undefined, ...scene })['c-1'] !== 'it';
  });
}
