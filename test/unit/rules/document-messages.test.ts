/** What an editor of rules reads of one value that is refused: word by word, with advice where it helps and only there. */
import { describe, expect, it } from 'vitest';
import { readYaml } from '../../../src/rules/document/yaml-source.ts';
import { document, problems } from './documents.ts';

const number = 'expected a number from 0 to 100 (percent), found';
const time = 'expected a time of day such as "21:00", from "00:00" to "23:59", found';
const age = 'expected a duration such as 90s, 15m, 24h or 7d, from 1s to 30d, found';
const then = 'expected "exclude" or "boost", found';
const aRule = 'expected a rule (id, when, then), found';

/** [what is below a minimal document, where, all that is said]. */
const values: [string, string, string][] = [
  // Numbers.
  ['rollout: { percent: 101 }', '3:21 rollout.percent', `${number} 101`],
  ['rollout: { percent: -1 }', '3:21 rollout.percent', `${number} -1`],
  [
    'rollout: { percent: "-1_500" }',
    '3:21 rollout.percent',
    `${number} "-1_500": write -1500, without quotes or a unit`,
  ],
  [
    'rollout: { percent: +5 percent }',
    '3:21 rollout.percent',
    `${number} "+5 percent": write 5, without quotes or a unit`,
  ],
  ['rollout: { percent: €5 }', '3:21 rollout.percent', `${number} "€5"`],
  ['rollout: { percent: 10 apples }', '3:21 rollout.percent', `${number} "10 apples"`],
  ['rollout: {}', '3:10 rollout.percent', 'is missing: expected a number from 0 to 100 (percent)'],
  ['coupon: { minDiscountPercent: 10 pct }', '3:31 coupon.minDiscountPercent', `${number} "10 pct"`],
  [
    'coupon: { maxDistanceMeters: 2 KM }',
    '3:30 coupon.maxDistanceMeters',
    'expected a number from 0 to 50000000 (metres), found "2 KM": write 2000, without quotes or a unit',
  ],
  [
    'event: { maxAccuracyMeters: 1000001 }',
    '3:29 event.maxAccuracyMeters',
    'expected a number from 0 to 1000000 (metres), found 1000001',
  ],
  // Times and durations.
  ['quietHours: { from: 9:00 o\'clock, to: "08:00" }', '3:21 quietHours.from', `${time} "9:00 o'clock"`],
  ['quietHours: { from: at 9:00, to: "08:00" }', '3:21 quietHours.from', `${time} "at 9:00"`],
  [
    'quietHours: { from: 21:00:00, to: "08:00" }',
    '3:21 quietHours.from',
    `${time} "21:00:00": did you mean "21:00"?`,
  ],
  ['quietHours: { from: 7:75, to: "08:00" }', '3:21 quietHours.from', `${time} "7:75"`],
  [
    'quietHours: { from: 12 pm, to: "08:00" }',
    '3:21 quietHours.from',
    `${time} "12 pm": did you mean "12:00"?`,
  ],
  ['event: { maxAge: 40d }', '3:18 event.maxAge', `${age} "40d"`],
  ['event: { maxAge: soon }', '3:18 event.maxAge', `${age} "soon"`],
  ['event: { maxAge: 15 mins and a bit }', '3:18 event.maxAge', `${age} "15 mins and a bit"`],
  ['event: { maxAge: 90 secs }', '3:18 event.maxAge', `${age} "90 secs": did you mean 90s?`],
  [
    'coupon: { minRemaining: 31d }',
    '3:25 coupon.minRemaining',
    'expected a duration such as 90s, 15m, 24h or 7d, from 0s to 30d, found "31d"',
  ],
  // Texts.
  [
    'push: { title: "a\\tb" }',
    '3:16 push.title',
    'expected a text on one line, found a line break or a tab in "a\\tb"',
  ],
  ['push: { title }', '3:9 push.title', 'expected a text (1–1,000 characters; in quotes), found nothing'],
  [
    `rollout: { percent: 5, salt: ${'x'.repeat(101)} }`,
    '3:30 rollout.salt',
    'expected a text of at most 100 characters, found 101',
  ],
  [
    'rollout: { percent: 5, salt: 7 }',
    '3:30 rollout.salt',
    'expected a text of at most 100 characters, found 7: write "7"',
  ],
  ['$schema: 3', '3:10 $schema', 'expected the address of this schema, found 3: write "3"'],
  // Lists that may not be empty.
  ['push: { body: [] }', '3:15 push.body', 'expected a list of at least one text, found an empty list'],
  [
    'event: { triggers: [] }',
    '3:20 event.triggers',
    'expected at least one of enter, dwell, exit, found an empty list',
  ],
  // Rules.
  ['rules: [{ id: a, when: "true" }]', '3:9 rules[0].then', 'is missing: expected "exclude" or "boost"'],
  [
    'rules: [{ id: a, when: "true", then: exlude }]',
    '3:38 rules[0].then',
    `${then} "exlude": did you mean exclude?`,
  ],
  ['rules: [{ id: a, when: "true", then: drop }]', '3:38 rules[0].then', `${then} "drop"`],
  ['rules: [3]', '3:9 rules[0]', `${aRule} 3`],
  ['rules: [~]', '3:9 rules[0]', `${aRule} nothing`],
  ['rules: [[]]', '3:9 rules[0]', `${aRule} an empty list`],
  // Sections and keys.
  ['push: 3', '3:7 push', 'expected a section of keys, found 3'],
  ['push: { locales: { de: 3 } }', '3:24 push.locales.de', 'expected a section of keys, found 3'],
  [
    'event: { caps: [] }',
    '3:10 event.caps',
    'unknown key "caps"; there are maxAge, maxAccuracyMeters, triggers',
  ],
  ['enabled: maybe', '3:10 enabled', 'expected true or false, found "maybe"'],
  ['enabled: {}', '3:10 enabled', 'expected true or false, found a section of keys'],
];

describe('of a value', () => {
  it.each(values)('%s', (section, where, said) => {
    expect(problems(document(section))).toEqual([[where, said]]);
  });
});

const rest = ' (what else is wrong shows once this is right)';
const ofText = (what: string, text: string): string =>
  `"${text.charAt(0)}" at the beginning ${what}, so put the text in quotes: '${text}'`;
const forbidden = (text: string): string => ofText('YAML forbids', text);
const braces = (text: string): string => ofText('is a section of keys to YAML', text);
const title = (text: string): string => `push:\n  title: ${text}\n  ttl: 1h`;

/** [what is below a minimal document, all problems]. */
const faults: [string, (readonly [where: string, said: string])[]][] = [
  // Brackets in quotes neither open nor close a section.
  ['push: { body: "a } b", title: @home }', [['3:31 ', forbidden('@home')]]],
  ["push: { body: 'a } b', title: @home }", [['3:31 ', forbidden('@home')]]],
  // The braces of a variable are no section, whatever stands in them.
  [title('{{ @home }} now'), [['4:10 ', braces('{{ @home }} now')]]],
  [title('{{coupon.title: @x}} now'), [['4:10 ', braces('{{coupon.title: @x}} now')]]],
  // What stands behind a value that was set aside keeps its column.
  [
    'push: { title: @, ttl: 8d }',
    [
      ['3:16 ', forbidden('@')],
      ['3:24 push.ttl', 'expected a duration such as 90s, 15m, 24h or 7d, from 1s to 7d, found "8d"'],
    ],
  ],
  // Structure.
  [
    'event:\n\tmaxAge: 15m\n\ttriggers: [enter]\n\tmaxAccuracyMeters: 3',
    [['4:1 ', `indent by spaces: YAML takes no tabs here, nor in 2 other lines${rest}`]],
  ],
  ['event:\n\tmaxAge: 15m', [['4:1 ', `indent by spaces: YAML takes no tabs here${rest}`]]],
  [
    'event: { triggers: [enter], maxAge: 15m\ncoupon: {}',
    [['3:8 ', `this "{" is never closed by a "}"${rest}`]],
  ],
  ['push: { title: "a }"\nenabled: true', [['4:1 ', `a bracket before this place is never closed${rest}`]]],
  [
    'event:\n    maxAge: 15m\n  triggers: [enter]',
    [['5:1 ', `this is indented differently from the lines that it belongs to${rest}`]],
  ],
];

describe('of what is no YAML', () => {
  it.each(faults)('%s', (section, found) => {
    expect(problems(document(`${section}\n`))).toEqual(found);
  });

  it('25 values, however many there are', () => {
    const found = problems(document(`merchants:\n  deny:\n${'    - @m\n'.repeat(30)}`));
    expect(found).toHaveLength(25);
    expect(found.at(-1)).toEqual(['29:7 ', `${forbidden('@m')}${rest}`]);
  });

  it('a section that is repeated counts with all that it holds', () => {
    const keys = Array.from({ length: 200 }, (_, at) => `k${String(at)}: 1`).join(', ');
    const repeated = (times: number): string => document(`x: &x { ${keys} }\ny: [${'*x, '.repeat(times)}]`);
    // Each comes to 401 values.
    expect(problems(repeated(24)).filter(([, said]) => said.startsWith('aliases'))).toEqual([]);
    expect(problems(repeated(25))).toEqual([['4:101 y[24]', 'aliases repeat more than 10,000 values']]);
  });
});

it('a suppressed time zone, sections without a key and a bracket below its key are taken', () => {
  for (const section of [
    'quietHours: { from: "21:00", to: "22:00", unknownTimeZone: suppress }',
    'event:\n  triggers: [\n    enter\n  ]',
    'event: {}\ncoupon: {}\nmerchants: {}\npush: {}\nrules: []',
  ]) {
    expect(problems(document(section))).toEqual([]);
  }
});

it('below a value that is no section stands nothing', () => {
  const { source } = readYaml('a: ~\nb: text\nc: [x]\n');
  expect([['a', 'x'], ['b', 'length'], ['c', 1], ['d']].map((path) => source?.valueAt(path))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(source?.valueAt(['c', 0])).toBe('x');
});
