/** A change that leaves the meaning of a document is no mutant; so what means the same must be seen, and nothing else. */
import { describe, expect, it } from 'vitest';
import { meaningOf } from '../../../../src/replay/mutants/meaning.ts';
import { documentOf } from './mutated.ts';

const boost = (id: string, by: number, when = 'merchant.known'): string =>
  `{ id: ${id}, when: ${when}, then: boost, by: ${String(by)} }`;
const exclude = (id: string, when: string): string => `{ id: ${id}, when: ${when}, then: exclude }`;
const [A, B] = [exclude('a', 'merchant.known'), exclude('b', 'coupon.hasLocation')];
const CAP = '{ per: user+merchant, max: 2, window: 1d }';

describe('one meaning have', () => {
  it.each([
    ['what is in force, said or not', 'enabled: true', ''],
    ['durations in other units', 'event: { maxAge: 60m }', 'event: { maxAge: 1h }'],
    ['caps in other units', `caps: [${CAP}]`, `caps: [${CAP.replace('1d', '24h')}]`],
    ['a cap like the one before', `caps: [${CAP}, ${CAP}]`, `caps: [${CAP}]`],
    [
      'a cap that is never full before an earlier one',
      `caps: [{ per: user, max: 1, window: 2d }, ${CAP}]`,
      'caps: [{ per: user, max: 1, window: 2d }]',
    ],
    [
      'quiet hours without a word of unknown zones',
      'quietHours: { from: "21:00", to: "08:00" }',
      'quietHours: { from: "21:00", to: "08:00", unknownTimeZone: suppress }',
    ],
    ['triggers in any order', 'event: { triggers: [exit, enter] }', 'event: { triggers: [enter, exit] }'],
    ['all triggers, listed or not', 'event: { triggers: [enter, dwell, exit] }', 'event: {}'],
    ['the lowest limits and none', 'coupon: { minDiscountPercent: 0, minRemaining: 0s }', ''],
    ['merchants in any order', 'merchants: { deny: [a, b, a] }', 'merchants: { deny: [b, a] }'],
    ['empty lists and none', 'merchants: { allow: [], deny: [] }', ''],
    ['a rollout to all, whoever comes first', 'rollout: { percent: 100, salt: s }', ''],
    ['a rollout without a salt', 'rollout: { percent: 50, salt: "" }', 'rollout: { percent: 50 }'],
    ['a rollout to nobody', 'rollout: { percent: 0, salt: s }', 'rollout: { percent: 0 }'],
    [
      'boosts in any order',
      `rules: [${boost('a', 1)}, ${boost('b', 2)}]`,
      `rules: [${boost('b', 2)}, ${boost('a', 1)}]`,
    ],
    ['boosts by other names', `rules: [${boost('a', 1)}]`, `rules: [${boost('b', 1)}]`],
    ['a boost by nothing', `rules: [${boost('a', 0)}]`, ''],
    [
      'a boost before or after an exclusion',
      `rules: [${A}, ${boost('c', 1)}]`,
      `rules: [${boost('c', 1)}, ${A}]`,
    ],
    ['the coupon’s own words', 'push: { title: "{{coupon.title}}", body: "{{coupon.body}}" }', ''],
    ['one body, as a text or a list', 'push: { body: B }', 'push: { body: [B] }'],
    ['texts behind one that always has its values', 'push: { body: [B, C] }', 'push: { body: [B] }'],
    [
      'the coupon’s own body at the end',
      'push: { body: ["{{merchant.name}}", "{{coupon.body}}"] }',
      'push: { body: ["{{merchant.name}}"] }',
    ],
    [
      'languages in any order and case',
      'push: { locales: { de-at: { title: A }, fr: { title: F } } }',
      'push: { locales: { fr: { title: F }, de-AT: { title: A } } }',
    ],
    ['a language without texts', 'push: { locales: { de: {} } }', ''],
    ['the time to live that is the default', 'push: { ttl: 1800s }', ''],
  ])('%s', (_what, one, other) => {
    expect(meaningOf(documentOf(one))).toBe(meaningOf(documentOf(other)));
  });
});

describe('another meaning has', () => {
  it.each([
    ['what is switched off', 'enabled: false', ''],
    ['a cap of another limit', `caps: [${CAP}]`, `caps: [${CAP.replace('max: 2', 'max: 3')}]`],
    ['a cap of another window', `caps: [${CAP}]`, `caps: [${CAP.replace('1d', '2d')}]`],
    ['a cap per another subject', `caps: [${CAP}]`, `caps: [${CAP.replace('merchant', 'coupon')}]`],
    [
      'a cap behind one with more room',
      `caps: [{ per: user, max: 3, window: 2d }, ${CAP}]`,
      'caps: [{ per: user, max: 3, window: 2d }]',
    ],
    [
      'a cap behind one of a shorter window',
      `caps: [{ per: user, max: 1, window: 1h }, ${CAP}]`,
      'caps: [{ per: user, max: 1, window: 1h }]',
    ],
    [
      'a cap behind one that counts less',
      `caps: [{ per: user+coupon, max: 1, window: 2d }, ${CAP}]`,
      'caps: [{ per: user+coupon, max: 1, window: 2d }]',
    ],
    [
      'a cap before one that makes it needless, as the first that is full is named',
      `caps: [${CAP}, { per: user, max: 1, window: 2d }]`,
      'caps: [{ per: user, max: 1, window: 2d }]',
    ],
    [
      'another start',
      'quietHours: { from: "21:00", to: "08:00" }',
      'quietHours: { from: "21:01", to: "08:00" }',
    ],
    [
      'another end',
      'quietHours: { from: "21:00", to: "08:00" }',
      'quietHours: { from: "21:00", to: "08:01" }',
    ],
    ['no quiet hours', 'quietHours: { from: "21:00", to: "08:00" }', ''],
    [
      'a zone for those without',
      'quietHours: { from: "21:00", to: "08:00" }',
      'quietHours: { from: "21:00", to: "08:00", unknownTimeZone: Etc/UTC }',
    ],
    ['another age', 'event: { maxAge: 5m }', 'event: { maxAge: 6m }'],
    ['no age', 'event: { maxAge: 5m }', ''],
    ['another accuracy', 'event: { maxAccuracyMeters: 5 }', 'event: { maxAccuracyMeters: 6 }'],
    ['a trigger less', 'event: { triggers: [enter, exit] }', 'event: { triggers: [enter] }'],
    ['another discount', 'coupon: { minDiscountPercent: 5 }', ''],
    ['another distance', 'coupon: { maxDistanceMeters: 0 }', ''],
    ['another rest of time', 'coupon: { minRemaining: 5m }', ''],
    ['a list for the other', 'merchants: { allow: [a] }', 'merchants: { deny: [a] }'],
    ['another share', 'rollout: { percent: 50 }', 'rollout: { percent: 51 }'],
    ['another draw', 'rollout: { percent: 50 }', 'rollout: { percent: 50, salt: s }'],
    ['nobody', 'rollout: { percent: 0 }', ''],
    ['exclusions in another order', `rules: [${A}, ${B}]`, `rules: [${B}, ${A}]`],
    ['an exclusion by another name', `rules: [${A}]`, `rules: [${A.replace('id: a', 'id: c')}]`],
    ['an exclusion by another condition', `rules: [${A}]`, `rules: [${A.replace('known', 'active')}]`],
    ['another boost', `rules: [${boost('a', 1)}]`, `rules: [${boost('a', 2)}]`],
    [
      'a boost by another condition',
      `rules: [${boost('a', 1)}]`,
      `rules: [${boost('a', 1, 'merchant.active')}]`,
    ],
    ['the same boost twice', `rules: [${boost('a', 1)}, ${boost('b', 1)}]`, `rules: [${boost('a', 1)}]`],
    ['another title', 'push: { title: T }', 'push: { title: U }'],
    ['another body', 'push: { body: B }', 'push: { body: C }'],
    [
      'a body that is asked for next',
      'push: { body: ["{{merchant.name}}", B] }',
      'push: { body: ["{{merchant.name}}"] }',
    ],
    [
      'a text of a language',
      'push: { locales: { de: { title: A } } }',
      'push: { locales: { de: { title: B } } }',
    ],
    [
      'a language that goes back to the coupon’s own title',
      'push: { title: T, locales: { de: { title: "{{coupon.title}}" } } }',
      'push: { title: T }',
    ],
    [
      'a language that goes back to the coupon’s own body',
      'push: { body: B, locales: { de: { body: "{{coupon.body}}" } } }',
      'push: { body: B }',
    ],
    [
      'another language',
      'push: { locales: { de: { title: A } } }',
      'push: { locales: { fr: { title: A } } }',
    ],
    ['another time to live', 'push: { ttl: 29m }', ''],
  ])('%s', (_what, one, other) => {
    expect(meaningOf(documentOf(one))).not.toBe(meaningOf(documentOf(other)));
  });
});
