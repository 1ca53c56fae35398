/** The difference between two documents in words: for every key, in both directions, and not where both mean the same. */
import { describe, expect, it } from 'vitest';
import { describeDifferences } from '../../../../src/cli/rules/words/differences.ts';
import { rulesJsonSchema } from '../../../../src/rules/document/json-schema.ts';
import { parseRules } from '../../../../src/rules/document/parse-rules.ts';

const CAPS = 'caps: [{ per: user, max: 1, window: 24h }]';

/** Lines of a document; version and caps where they have none. */
function documentOf(text: string) {
  const lines = [/^version:/m.test(text) ? '' : 'version: v', /^caps:/m.test(text) ? '' : CAPS, text];
  const parsed = parseRules(lines.join('\n'));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.document;
}

const words = (before: string, after: string): readonly string[] =>
  describeDifferences(documentOf(before), documentOf(after)).map((difference) => difference.words);

const rule = (id: string, when = 'true', then = 'then: exclude'): string =>
  `  - { id: ${id}, when: '${when}', ${then} }\n`;
const rules = (...list: readonly string[]): string => `rules:\n${list.join('')}`;

/** Key → before, after, and the words of the change. */
const CHANGES: Readonly<Record<string, readonly [before: string, after: string, words: string][]>> = {
  version: [['version: v1', 'version: v2', 'version v1 → v2']],
  enabled: [
    ['', 'enabled: false', 'KILL SWITCH ON: nothing is pushed any more'],
    ['enabled: false', 'enabled: true', 'kill switch off: pushes go out again'],
  ],
  caps: [
    [
      '',
      `${CAPS.slice(0, -1)}, { per: user+coupon, max: 2, window: 7d }]`,
      'new cap: at most 2 pushes per user+coupon in 7d',
    ],
    ['', 'caps: []', 'cap gone: at most 1 push per user in 24h'],
    [
      'caps: [{ per: user, max: 1, window: 24h }, { per: user, max: 2, window: 7d }]',
      'caps: [{ per: user, max: 2, window: 7d }, { per: user, max: 1, window: 24h }]',
      'caps: another order, by which outcomes name them',
    ],
  ],
  per: [],
  max: [['', CAPS.replace('max: 1', 'max: 2'), 'at most 1 → 2 pushes per user in 24h']],
  window: [
    ['', CAPS.replace('24h', '12h'), 'at most 1 push per user in 24h → 12h'],
    [
      '',
      CAPS.replace('24h', '12h').replace('max: 1', 'max: 3'),
      'at most 1 push per user in 24h → 3 pushes per user in 12h',
    ],
  ],
  quietHours: [
    [
      '',
      'quietHours: { from: "21:00", to: "08:00" }',
      'quiet hours none: pushes at any hour → 21:00 to 08:00 (time zone unknown: no push)',
    ],
  ],
  from: [
    [
      'quietHours: { from: "21:00", to: "08:00" }',
      'quietHours: { from: "20:00", to: "08:00" }',
      'quiet hours start 21:00 → 20:00',
    ],
  ],
  to: [
    [
      'quietHours: { from: "21:00", to: "08:00" }',
      'quietHours: { from: "21:00", to: "07:00" }',
      'quiet hours end 08:00 → 07:00',
    ],
  ],
  unknownTimeZone: [
    [
      'quietHours: { from: "21:00", to: "08:00" }',
      'quietHours: { from: "21:00", to: "08:00", unknownTimeZone: Europe/Berlin }',
      'quiet hours where the time zone is unknown: no push → as in Europe/Berlin',
    ],
  ],
  event: [],
  maxAge: [['', 'event: { maxAge: 10m }', 'events count up to an age of MAX_EVENT_AGE_MS of the pods → 10m']],
  maxAccuracyMeters: [
    [
      'event: { maxAccuracyMeters: 250 }',
      'event: {}',
      'positions count up to an accuracy of 250 m → no limit',
    ],
  ],
  triggers: [
    ['', 'event: { triggers: [dwell, enter] }', 'triggers that count: enter, dwell, exit → enter, dwell'],
  ],
  coupon: [],
  minDiscountPercent: [
    [
      'coupon: { minDiscountPercent: 10 }',
      'coupon: { minDiscountPercent: 15 }',
      'least discount 10 % → 15 %',
    ],
  ],
  maxDistanceMeters: [['', 'coupon: { maxDistanceMeters: 1500 }', 'farthest shop no limit → 1500 m']],
  minRemaining: [['', 'coupon: { minRemaining: 1h }', 'shortest time that a coupon has left: no limit → 1h']],
  merchants: [],
  allow: [
    ['', 'merchants: { allow: [a, b] }', 'merchants that may be pushed: all → only a, b'],
    [
      'merchants: { allow: [a, b] }',
      'merchants: { allow: [b, c] }',
      'merchants that may be pushed: now also c; no longer a',
    ],
  ],
  deny: [
    ['', 'merchants: { deny: [a] }', 'merchants that are never pushed: now also a'],
    [
      `merchants: { deny: [${Array.from({ length: 22 }, (_, n) => `m${String(n)}`).join(', ')}] }`,
      '',
      `merchants that are never pushed: no longer ${Array.from({ length: 20 }, (_, n) => `m${String(n)}`).join(', ')} and 2 more`,
    ],
  ],
  rollout: [],
  percent: [['', 'rollout: { percent: 25 }', 'rollout 100 % → 25 % of the users']],
  salt: [
    [
      'rollout: { percent: 100, salt: a }',
      'rollout: { percent: 100, salt: b }',
      'rollout salt "a" → "b": the users are drawn anew',
    ],
  ],
  rules: [
    [rules(rule('a'), rule('b')), rules(rule('b'), rule('a')), 'rule order: a, b → b, a'],
    [rules(rule('a')), '', 'rule a is gone: exclude when true'],
  ],
  id: [
    [
      '',
      rules(rule('a', 'coupon.distanceMeters < 200', 'then: boost, by: 10')),
      'new rule a (asked first): boost by 10 when coupon.distanceMeters < 200',
    ],
    [rules(rule('a')), rules(rule('a'), rule('b')), 'new rule b (asked after a): exclude when true'],
  ],
  when: [
    [
      rules(rule('a')),
      rules(rule('a', 'event.localHour < 12')),
      'rule a: new condition event.localHour < 12 (before: true)',
    ],
  ],
  then: [[rules(rule('a')), rules(rule('a', 'true', 'then: boost, by: 5')), 'rule a: exclude → boost by 5']],
  by: [
    [
      rules(rule('a', 'true', 'then: boost, by: 20')),
      rules(rule('a', 'true', 'then: boost, by: 5')),
      'rule a: boost by 20 → boost by 5',
    ],
  ],
  push: [],
  title: [
    ['', 'push: { title: "Hey" }', 'new text: title the coupon’s own title → "Hey"'],
    [
      'push: { locales: { de: { title: A } } }',
      'push: { locales: { de: {} } }',
      'new text for de: title "A" → the text for all',
    ],
  ],
  body: [
    ['push: { body: A }', 'push: { body: [A, B] }', 'new text: body "A" → "A", else "B"'],
    [
      'push: { locales: { de: { body: A } } }',
      'push: { locales: { de: { body: B } } }',
      'new text for de: body "A" → "B"',
    ],
  ],
  locales: [
    ['', 'push: { locales: { de: { body: A } } }', 'new language de: body "A"'],
    ['push: { locales: { de: { title: T, body: A } } }', '', 'language de is gone: title "T", body "A"'],
  ],
  ttl: [['', 'push: { ttl: 10m }', 'a push may wait for its delivery 30m → 10m']],
};

/** Every name under `properties`, however deep. */
function keysOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([name, value]: [string, unknown]) => [
    ...(name === 'properties' && typeof value === 'object' && value !== null ? Object.keys(value) : []),
    ...keysOf(value),
  ]);
}

it('every key of the schema has an example here', () => {
  const keys = new Set(keysOf(rulesJsonSchema()).filter((key) => key !== '$schema'));
  expect([...keys].toSorted()).toEqual(Object.keys(CHANGES).toSorted());
});

describe.each(Object.entries(CHANGES).filter(([, changes]) => changes.length > 0))('%s', (_key, changes) => {
  it.each(changes)('%s | %s', (before, after, expected) => {
    expect(words(before, after)).toEqual([expected]);
    // And back: also said, by one line.
    expect(words(after, before)).toHaveLength(1);
    expect(words(before, before)).toEqual([]);
    expect(words(after, after)).toEqual([]);
  });
});

describe('no difference where both mean the same', () => {
  it.each([
    ['', 'enabled: true'],
    ['', 'rollout: { percent: 100, salt: "" }'],
    ['', 'merchants: { allow: [], deny: [] }'],
    ['merchants: { deny: [a, b] }', 'merchants: { deny: [b, a] }'],
    ['', 'push: { ttl: 30m }'],
    ['push: { ttl: 60m }', 'push: { ttl: 1h }'],
    ['', CAPS.replace('24h', '1d')],
    ['push: { body: A }', 'push: { body: [A] }'],
    ['', 'event: { triggers: [exit, enter, dwell] }'],
    [
      'quietHours: { from: "21:00", to: "08:00" }',
      'quietHours: { from: "21:00", to: "08:00", unknownTimeZone: suppress }',
    ],
    [
      rules(rule('a', 'event.localHour < 12')),
      'rules:\n  - id: a\n    when: >\n      event.localHour\n      < 12\n    then: exclude\n',
    ],
    ['', '$schema: x'],
    ['', '# a comment'],
  ])('%s | %s', (before, after) => {
    expect(words(before, after)).toEqual([]);
  });
});

it('a space within a text of a condition counts', () => {
  const of = (name: string): string => rules(rule('a', `coupon.category == "${name}"`));
  expect(words(of('a b'), of('a  b'))).toHaveLength(1);
});

it('says where, and both values, for machines', () => {
  const [difference] = describeDifferences(
    documentOf('push: { locales: { de: { body: A } } }'),
    documentOf('push: { locales: { de: { body: B } } }'),
  );
  expect(difference).toMatchObject({ path: 'push.locales.de.body', before: 'A', after: 'B' });
});
