/**
 * The difference between two rule documents in words, for the people who edit them: `quiet hours start 21:00 → 20:00`.
 * What means the same is no difference: `24h` and `1d`, a default that is written out, another indentation. Every key of
 * the schema has words, or this room does not compile.
 */
import { TRIGGERS } from '../../../domain/event.ts';
import { parseDuration } from '../../../rules/document/duration.ts';
import type { RulesDocument } from '../../../rules/document/schema.ts';
import { SUPPRESS } from '../../../rules/quiet-hours.ts';
import { capWords } from './caps.ts';
import { conditionWords } from './conditions.ts';
import {
  changed,
  keyByKey,
  quoted,
  some,
  type Difference,
  type Say,
  type Wording,
  type WordsFor,
} from './difference.ts';
import { pushWords } from './texts.ts';

type Section<Key extends keyof RulesDocument> = NonNullable<RulesDocument[Key]>;

const DEFAULT_TTL = '30m';

const duration = (absent: string): Wording<string> => ({
  show: (text = absent) => text,
  meaning: (text = absent) => parseDuration(text) ?? text,
});
const amount = (unit: string): Wording<number> => ({
  show: (value) => (value === undefined ? 'no limit' : `${String(value)} ${unit}`),
});
const itself: Wording<string> = { show: String };

const quietHours: Say<Section<'quietHours'>> = (before, after, path) => {
  if (before !== undefined && after !== undefined) return keyByKey(quietHourWords)(before, after, path);
  const words = `quiet hours ${sayQuietHours(before)} → ${sayQuietHours(after)}`;
  return before === after ? [] : [{ path, before, after, words }];
};
const zone = (name: string | undefined): string => {
  const isSuppressed = name === undefined || name === SUPPRESS;
  return isSuppressed ? 'no push' : `as in ${name}`;
};
const quietHourWords: WordsFor<Section<'quietHours'>> = {
  from: changed('quiet hours start', itself),
  to: changed('quiet hours end', itself),
  unknownTimeZone: changed('quiet hours where the time zone is unknown:', { show: zone }),
};
const sayQuietHours = (hours: Section<'quietHours'> | undefined): string =>
  hours === undefined
    ? 'none: pushes at any hour'
    : `${hours.from} to ${hours.to} (time zone unknown: ${zone(hours.unknownTimeZone)})`;

const eventWords: WordsFor<Section<'event'>> = {
  maxAge: changed('events count up to an age of', duration('MAX_EVENT_AGE_MS of the pods')),
  maxAccuracyMeters: changed('positions count up to an accuracy of', amount('m')),
  triggers: changed('triggers that count:', {
    show: (triggers) =>
      TRIGGERS.filter((trigger) => triggers === undefined || triggers.includes(trigger)).join(', '),
  }),
};
const couponWords: WordsFor<Section<'coupon'>> = {
  minDiscountPercent: changed('least discount', amount('%')),
  maxDistanceMeters: changed('farthest shop', amount('m')),
  minRemaining: changed('shortest time that a coupon has left:', duration('no limit')),
};
const merchantWords: WordsFor<Section<'merchants'>> = {
  allow: (before = [], after = [], path) => {
    if (before.length > 0 && after.length > 0)
      return listed('merchants that may be pushed')(before, after, path);
    if (before.length === after.length) return [];
    const say = (ids: readonly string[]): string => (ids.length === 0 ? 'all' : `only ${some(ids)}`);
    const words = `merchants that may be pushed: ${say(before)} → ${say(after)}`;
    return [{ path, before, after, words }];
  },
  deny: (before, after, path) => listed('merchants that are never pushed')(before, after, path),
};
const rolloutWords: WordsFor<Section<'rollout'>> = {
  percent: changed('rollout', {
    show: (percent = 100) => `${String(percent)} %`,
    now: (shown) => `${shown} of the users`,
  }),
  salt: changed('rollout salt', {
    show: (salt = '') => quoted(salt),
    now: (shown) => `${shown}: the users are drawn anew`,
  }),
};

const WORDS: WordsFor<RulesDocument> = {
  // For editors; it changes nothing.
  $schema: () => [],
  version: changed('version', itself),
  enabled: (before = true, after = true, path) => {
    const words = after
      ? 'kill switch off: pushes go out again'
      : 'KILL SWITCH ON: nothing is pushed any more';
    return before === after ? [] : [{ path, before, after, words }];
  },
  caps: capWords,
  quietHours,
  event: keyByKey(eventWords),
  coupon: keyByKey(couponWords),
  merchants: keyByKey(merchantWords),
  rollout: keyByKey(rolloutWords),
  rules: conditionWords,
  push: pushWords(changed('a push may wait for its delivery', duration(DEFAULT_TTL))),
};

/** @returns one for each thing that differs, in the order of the document; none where both mean the same. */
export function describeDifferences(before: RulesDocument, after: RulesDocument): readonly Difference[] {
  return keyByKey(WORDS)(before, after, '');
}

/** What came to a list, and what left it, whatever its order. */
function listed(what: string): Say<readonly string[]> {
  return (before = [], after = [], path) => {
    const came = after.filter((id) => !before.includes(id));
    const left = before.filter((id) => !after.includes(id));
    const parts = [
      ...(came.length === 0 ? [] : [`now also ${some(came)}`]),
      ...(left.length === 0 ? [] : [`no longer ${some(left)}`]),
    ];
    return parts.length === 0 ? [] : [{ path, before, after, words: `${what}: ${parts.join('; ')}` }];
  };
}
