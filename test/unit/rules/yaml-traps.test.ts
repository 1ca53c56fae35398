/** YAML's traps, each told once, at its place, in the words of someone who edits rules, with what to do about it. */
import { describe, expect, it } from 'vitest';
import { parseRules } from '../../../src/rules/document/parse-rules.ts';
import { document, problems } from './documents.ts';

const when = (condition: string): string => `rules:\n  - id: a\n    when: ${condition}\n    then: exclude`;
const title = (text: string): string => `push:\n  title: ${text}\n  ttl: 1h`;

/** [what is below a minimal document of two lines, where, what is said]; nothing else is said. */
const traps: [string, string, string | RegExp][] = [
  // What an unquoted text may not begin with.
  [
    when('!coupon.hasLocation'),
    '5:11 ',
    `"!" at the beginning is a tag to YAML, so put the condition in quotes: '!coupon.hasLocation'`,
  ],
  [
    when('!coupon.hasLocation && event.localHour > 3'),
    '5:11 ',
    /'!coupon.hasLocation && event.localHour > 3'$/,
  ],
  [when('!(merchant.tier == "gold")'), '5:11 ', /'!\(merchant.tier == "gold"\)'$/],
  [when('! coupon.hasLocation'), '5:11 rules[0].when', /"!" .* is a tag .* put the condition in quotes/],
  [when('&& coupon.hasLocation'), '5:11 rules[0].when', /"&" .* an anchor .*: '&& coupon.hasLocation'$/],
  [when('["a"].exists(x, x == "a")'), '5:11 ', /"\[" .* a list .* put the condition in quotes/],
  [when('{{coupon.title}} == "a"'), '5:11 ', /"\{" .* a section of keys .* put the condition in quotes/],
  [title('&now or never'), '4:10 push.title', /"&" .* an anchor .*: '&now or never'$/],
  [title('& now'), '4:10 ', /"&" .* an anchor .*: '& now'$/],
  [title('*now* or never'), '4:10 ', /"\*" .* an alias .*: '\*now\* or never'$/],
  [title('* now'), '4:10 ', /"\*" .* an alias .*: '\* now'$/],
  [title('%off today'), '4:10 ', /"%" .* a directive .*: '%off today'$/],
  [title('@home'), '4:10 ', /"@" at the beginning YAML forbids, so put the text in quotes: '@home'$/],
  [title('`now`'), '4:10 ', /"`" at the beginning YAML forbids/],
  [title('{{coupon.title}} here'), '4:10 ', /"\{" .* a section of keys .*: '\{\{coupon.title\}\} here'$/],
  [title('{{coupon.title}}'), '4:10 push.title', /"\{" .* a section of keys .*: '\{\{coupon.title\}\}'$/],
  [title('[Now] here'), '4:10 ', /"\[" .* a list .*: '\[Now\] here'$/],
  [title('> now'), '4:10 ', /">" .* a text block/],
  [title('| now'), '4:10 ', /"\|" .* a text block/],
  [title('? now'), '4:10 ', /"\?" .* a key/],
  [title('- now'), '4:10 ', /"-" .* an entry of a list/],
  [title(', now'), '4:10 ', /"," .* the end of a value/],
  [
    title("It's 5: now"),
    '4:10 ',
    `": " is the end of a key to YAML, so put the text in quotes: "It's 5: now"`,
  ],
  [title('Now:'), '4:10 ', /": " is the end of a key/],
  ['push: { title: @home, ttl: 1h }', '3:16 ', /"@" .*: '@home'$/],
  ['push: { ttl: 1h, body: [Now, {{coupon.title}} here] }', '3:30 ', /"\{" .*: '\{\{coupon.title\}\} here'$/],
  ['push: { title: Now: here }', '3:16 ', /": " .*: 'Now: here'$/],
  ['push: {\n  title: @home,\n  ttl: 1h\n}', '4:10 ', /"@" .*: '@home'$/],
  ['push:\n  body:\n    - @home\n    - Now', '5:7 ', /"@" .*: '@home'$/],
  // Quotes.
  [
    title('"Now" or never'),
    '4:10 ',
    `this text goes on after its closing ", so put all of it in quotes: '"Now" or never'`,
  ],
  [title("'It's here'"), '4:10 ', /closing ', so put all of it in quotes: "It's here"$/],
  [title("'tis here"), '4:10 ', /"'" at the beginning opens a text that nothing closes.* double quotes/],
  [title('"Now'), '4:10 ', /^this text has no closing quote$/],
  [
    title('"50\\d"'),
    '4:13 ',
    /"\\d" means nothing in double quotes: put the text in single quotes, or write "\\\\d"/,
  ],
  [when('"gold" == merchant.tier'), '5:11 ', /^this condition goes on after .*: '"gold" == merchant.tier'$/],
  [when('"merchant.tier == "gold""'), '5:11 ', /: 'merchant.tier == "gold"'$/],
  [when(`'gold' == merchant.tier`), '5:11 ', /: "'gold' == merchant.tier"$/],
  // A comment that is none.
  [
    title('Only #1 today'),
    '4:15 push.title',
    /^" #" begins a comment, which cuts the text off: put the text in quotes/,
  ],
  [title('Now # in English'), '4:14 push.title', /" #" begins a comment/],
  [title('#1 today'), '4:10 push.title', /" #" begins a comment/],
  ['push:\n  body:\n    - Only #1 today', '5:12 push.body[0]', /" #" begins a comment/],
  ['push:\n  locales:\n    de:\n      body: Nur #1', '6:17 push.locales.de.body', /" #" begins a comment/],
  [
    when('coupon.title == "a #1"'),
    '5:30 rules[0].when',
    /which cuts the condition off: put the condition in quotes/,
  ],
  [when('coupon.hasLocation # && event.hasAccuracy'), '5:30 rules[0].when', /" #" begins a comment/],
  ['rules:\n  - id: a #1\n    when: "true"\n    then: exclude', '4:11 rules[0].id', /" #" begins a comment/],
  ['merchants:\n  deny:\n    - m #1', '5:9 merchants.deny[0]', /" #" begins a comment/],
  ['rollout: { percent: 1, salt: a #1\n }', '3:32 rollout.salt', /" #" begins a comment/],
  // Words that are no text, texts that are no number.
  ['merchants: { deny: [on, true] }', '3:25 merchants.deny[1]', /found true: write "true"$/],
  ['merchants: { deny: [yes, 0815] }', '3:26 merchants.deny[1]', /found 0815: write "0815"$/],
  ['merchants: { deny: [no, ~] }', '3:25 merchants.deny[1]', /found ~: write "~"$/],
  ['rules: [{ id: true, when: "true", then: exclude }]', '3:15 rules[0].id', /found true/],
  ['push: { body: 7 }', '3:15 push.body', /found 7: write "7"$/],
  ['push: { body: [false, x] }', '3:16 push.body[0]', /found false: write "false"$/],
  [when('true'), '5:11 rules[0].when', /found true: write "true"$/],
  ['enabled: yes', '3:10 enabled', /found "yes": write true$/],
  ['enabled: Off', '3:10 enabled', /found "Off": write false$/],
  ['enabled: "false"', '3:10 enabled', /found "false": write false, without quotes$/],
  ['enabled: 0', '3:10 enabled', /found 0: write false$/],
  [
    'coupon: { minDiscountPercent: 10% }',
    '3:31 coupon.minDiscountPercent',
    /: write 10, without quotes or a unit$/,
  ],
  ['coupon: { maxDistanceMeters: "1_500 m" }', '3:30 coupon.maxDistanceMeters', /: write 1500, without/],
  ['coupon: { maxDistanceMeters: 1.5 km }', '3:30 coupon.maxDistanceMeters', /: write 1500, without/],
  ['coupon: { maxDistanceMeters: 1,500 }', '3:32 coupon.500', /unknown key "500".*comma/],
  ['push: { title: Hello, you }', '3:23 push.you', /unknown key "you".*a text or number with a comma/],
  // Times and durations.
  ['quietHours: { from: 9:00, to: "21:30" }', '3:21 quietHours.from', /"9:00": did you mean "09:00"\?$/],
  ['quietHours: { from: 9pm, to: "08:00" }', '3:21 quietHours.from', /did you mean "21:00"\?$/],
  ['quietHours: { from: 12am, to: "08:00" }', '3:21 quietHours.from', /did you mean "00:00"\?$/],
  ['quietHours: { from: 24:00, to: "08:00" }', '3:21 quietHours.from', /did you mean "00:00"\?$/],
  ['quietHours: { from: 2130, to: "08:00" }', '3:21 quietHours.from', /found 2130: did you mean "21:30"\?$/],
  ['quietHours: { from: 25:00, to: "08:00" }', '3:21 quietHours.from', /found "25:00"$/],
  ['event: { maxAge: 15 }', '3:18 event.maxAge', /found 15: its unit is missing: 15s, 15m, 15h or 15d$/],
  ['event: { maxAge: 15 minutes }', '3:18 event.maxAge', /did you mean 15m\?$/],
  ['event: { maxAge: 1.5h }', '3:18 event.maxAge', /did you mean 90m\?$/],
  ['event: { maxAge: 1h 30min }', '3:18 event.maxAge', /did you mean 90m\?$/],
  ['event: { maxAge: PT15M }', '3:18 event.maxAge', /did you mean 15m\?$/],
  ['event: { maxAge: P1DT2H }', '3:18 event.maxAge', /did you mean 26h\?$/],
  ['event: { maxAge: 2 weeks }', '3:18 event.maxAge', /did you mean 14d\?$/],
  ['event: { maxAge: 1 month }', '3:18 event.maxAge', /found "1 month"$/],
  ['event: { maxAge: 0.1s }', '3:18 event.maxAge', /found "0.1s"$/],
  // One, many, sections.
  ['event: { triggers: enter }', '3:20 event.triggers', /found "enter": a list of one is written \[enter\]$/],
  [
    'rollout: { percent: [5] }',
    '3:21 rollout.percent',
    /found a list: one value stands here, without "-" or \[ \]$/,
  ],
  ['push:\n  title:\n    - Now', '5:5 push.title', /found a list: one value stands here/],
  [
    'rules: { id: a, when: "true", then: exclude }',
    '3:8 rules',
    /found a section of keys: begin each entry with "- "$/,
  ],
  ['rules:', '3:7 rules', /found nothing: write \[\] for an empty list, or leave the key out$/],
  ['event:\n  - maxAge: 15m', '4:3 event', /found a list: its keys stand below it without "- " or \[ \]$/],
  ['event:', '3:7 event', /found nothing: indent its keys by two spaces, or leave it out$/],
  ['event: maxAge:15m', '3:8 event', /a space belongs after the ":" of a key$/],
  // Keys.
  [
    'quietHours: { form: "21:00", to: "08:00" }',
    '3:15 quietHours.form',
    /unknown key "form", did you mean "from"\?$/,
  ],
  ['event: { triggers: [entre] }', '3:21 event.triggers[0]', /found "entre": did you mean enter\?$/],
  ['enabled: true\nenabled: false', '4:1 enabled', /the key "enabled" is there twice$/],
  ['event: { maxAge: 1m, maxAge: 2m }', '3:22 event.maxAge', /there twice$/],
  ['enabled:true', '3:9 ', /^a space belongs after the ":" of a key$/],
  ['enabled = true', '3:9 ', /^between a key and its value stands ":", not "="$/],
  ['// a comment', '3:1 ', /^a comment begins with "#"$/],
  ['enabled', '3:1 ', /^expected "key: value" in this line$/],
  // Structure: what else is wrong can't be told.
  [
    'event:\n\tmaxAge: 15m\n\ttriggers: [enter]',
    '4:1 ',
    /^indent by spaces: YAML takes no tabs here, nor in 1 other line \(/,
  ],
  [
    'event: { triggers: [enter, dwell }',
    '3:20 ',
    /^this "\[" is never closed by a "\]" \(what else is wrong/,
  ],
  ['event: { maxAge: 15m\ncoupon: {}', '3:8 ', /^this "\{" is never closed by a "\}"/],
  ['enabled: true\n  coupon: {}', '4:3 ', /^this line is indented deeper than the one above/],
];

describe('a trap', () => {
  it.each(traps)('%s', (section, where, said) => {
    const found = problems(document(`${section}\n`));
    expect(found.map(([place]) => place)).toEqual([where]);
    if (typeof said === 'string') expect(found[0]?.[1]).toBe(said);
    else expect(found[0]?.[1]).toMatch(said);
  });

  it.each([
    ['version: 1.10\ncaps: []', '1:10 version', /found 1.10: write "1.10"$/],
    ['version: 2026\ncaps: []', '1:10 version', /found 2026: write "2026"$/],
    ['version: true\ncaps: []', '1:10 version', /found true: write "true"$/],
    ['version:\ncaps: []', '1:9 version', /found nothing$/],
    ['version: &a\ncaps: []', '1:10 version', /"&" at the beginning/],
    ['version:v\ncaps: []', '1:9 ', /a space belongs after the ":"/],
    ['{"version": "v" "caps": []}', '1:17 ', /a comma is missing in front of this/],
    ['version: v\ncaps:\n  -{ per: user, max: 1, window: 1h }', '3:3 ', /a space belongs after the "-"/],
    ['version: v\ncaps: { per: user, max: 1, window: 1h }', '2:7 caps', /begin each entry with "- "$/],
    ['version: v\ncaps: [{ per: usr, max: 1, window: 1h }]', '2:15 caps[0].per', /did you mean user\?$/],
    ['version: v\ncaps: []\n---\nversion: w\ncaps: 3', '3:1 ', /a file holds one$/],
    ['%YAML 1.1\n---\nversion: v\ncaps: []\nenabled: yes', '1:1 ', /leave out the line "%YAML 1.1"/],
  ])('%j', (text, where, said) => {
    const found = problems(text);
    expect(found.map(([place]) => place)).toEqual([where]);
    expect(found[0]?.[1]).toMatch(said);
  });
});

describe('what is no trap', () => {
  it.each([
    'quietHours: { from: 21:00, to: 08:00 }',
    'merchants: { deny: [no, on, yes, off, m-1] }',
    'push: { locales: { no: { title: Hei } } }',
    'rules: [{ id: no, when: "true", then: exclude }]',
    'enabled: true # the kill switch',
    'push:\n  ttl: 30m # half an hour\n  title: "Only #1" # in quotes',
    'rollout: { percent: 10, salt: launch } # the first',
    'rules:\n  - id: a # why\n    when: "true" # always\n    then: exclude # out',
    'merchants:\n  deny:\n    - m-1 # closed',
    'push:\n  title: Buy 1, get 1 - now!\n  body: it’s 5 o’clock? (50%) *now* & here',
    'push: { body: "{{coupon.title}}: now" }',
    'push: { title: &t "Now", locales: { de: { title: *t } } }',
  ])('%s', (section) => {
    expect(problems(document(section))).toEqual([]);
  });

  it('windows line ends and a byte order mark', () => {
    const text = `\uFEFF${document(`${when('merchant.tier == "gold"')}\nenabled: 3\n`)}`.replaceAll(
      '\n',
      '\r\n',
    );
    expect(problems(text).map(([place]) => place)).toEqual(['7:10 enabled']);
    expect(parseRules(text.replace('enabled: 3', 'enabled: false'))).toMatchObject({
      ok: true,
      document: { version: 'v1', enabled: false, rules: [{ when: 'merchant.tier == "gold"' }] },
    });
    expect(problems(`\uFEFFversion: 3\r\ncaps: []\r\n`)).toMatchObject([['1:10 version', /./]]);
    expect(problems(document(`${title('@home')}\n`).replaceAll('\n', '\r\n'))).toMatchObject([
      ['4:10 ', /'@home'$/],
    ]);
  });
});

describe('all at once, each once', () => {
  it('what is no YAML does not hide what is wrong elsewhere', () => {
    const text = `version: 1.10
caps: [{ per: usr, max: 0, window: 1 day }]
enabled: yes
rules:
  - id: a
    when: !coupon.hasLocation
    then: exlude
    bye: 3
  - id: a
    when: coupon.title == "#1" && coupon.titel == "x"
    then: exclude
push:
  title: @home
  body: [Now, {{coupon.title}} here, "{{coupon.titel}}"]
  ttl: 8d
`;
    expect(problems(text).map(([place]) => place)).toEqual([
      '1:10 version',
      '2:15 caps[0].per',
      '2:25 caps[0].max',
      '2:36 caps[0].window',
      '3:10 enabled',
      '6:11 ',
      '7:11 rules[0].then',
      '8:5 rules[0].bye',
      '9:9 rules[1].id',
      '10:42 rules[1].when',
      '13:10 ',
      '14:15 ',
      '14:38 push.body[2]',
      '15:8 push.ttl',
    ]);
  });

  it('a text that is wrong in two ways is told once', () => {
    const found = problems(document(`push: { body: "${'x'.repeat(1000)}\\n{{x}}" }`));
    expect(found).toEqual([['3:15 push.body', 'expected a text of at most 1,000 characters, found 1,006']]);
  });

  it('a rule that says neither exclude nor boost is judged all the same', () => {
    const text = document('rules: [{ id: "A B", whn: "true", then: drop }, { id: b, when: "x" }]');
    expect(problems(text).map(([place]) => place)).toEqual([
      '3:15 rules[0].id',
      '3:22 rules[0].whn',
      '3:41 rules[0].then',
      '3:49 rules[1].then',
      '3:64 rules[1].when',
    ]);
  });

  it('of a key that is there twice the last value is judged, at its own place', () => {
    expect(problems(document('event: { maxAge: 1m, maxAge: 40d }')).map(([where]) => where)).toEqual([
      '3:22 event.maxAge',
      '3:30 event.maxAge',
    ]);
  });

  it('more than fifty are counted', () => {
    const found = problems(document(`merchants: { deny: [${'1, '.repeat(60)}1] }`));
    expect(found).toHaveLength(51);
    expect(found.at(-1)?.[1]).toBe('and 11 more problems from here on');
  });
});
