/** `rules explain`: what it takes for an event, what it prints, and how it exits. */
import { gzipSync } from 'node:zlib';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { hashDocument } from '../../../../src/domain/document-hash.ts';
import type { RecordingLine } from '../../../../src/domain/decision.ts';
import { readUser } from '../../../../src/cli/rules/explanation/recorded-user.ts';
import { runRulesCommand } from '../../../../src/cli/rules/program.ts';
import type { FetchedMessage } from '../../../../src/kafka/fetch/fetched-records.ts';
import { decision, decisionCoupon } from '../../../support/decisions.ts';

const directory = mkdtempSync(join(tmpdir(), 'rules-explain-'));
afterAll(() => rmSync(directory, { recursive: true }));

let said: string[];
let complained: string[];
beforeEach(() => {
  said = [];
  complained = [];
});

const explain = (...args: readonly string[]): Promise<number> =>
  runRulesCommand(['explain', ...args], {
    env: {},
    connectFleet: () => expect.fail('no service is needed'),
    say: (line) => void said.push(line),
    complain: (line) => void complained.push(line),
  });
const text = (): string => said.join('\n');

let files = 0;
function write(content: string | Buffer, ending = 'yaml'): string {
  files += 1;
  const path = join(directory, `file-${String(files)}.${ending}`);
  writeFileSync(path, content);
  return path;
}
const RULES_TEXT = `version: v7
caps: [{ per: user, max: 1, window: 24h }]
quietHours: { from: "21:00", to: "08:00", unknownTimeZone: Europe/Berlin }
coupon: { minDiscountPercent: 10 }
rules:
  - { id: gold, when: merchant.tier == "gold" && coupon.distanceMeters < 500, then: boost, by: 20 }
  - { id: north, when: event.latitude > 60, then: exclude }
`;
const RULES = write(RULES_TEXT);
/** Without a condition on coordinates. */
const PLAIN_TEXT = RULES_TEXT.replace(/^.*north.*\n/m, '');
const PLAIN = write(PLAIN_TEXT);
const EVENT = { userId: 'u-7', occurredAt: '2026-11-24T11:00:00Z', latitude: 52.517, longitude: 13.388 };
const eventFile = (changes: object = {}): string => write(JSON.stringify({ ...EVENT, ...changes }), 'json');

describe('an event as producers send it', () => {
  it('is explained as far as it is known, and what is missing is said', async () => {
    expect(await explain(RULES, '--event', eventFile({ timeZone: 'Mars/Base', locale: '??' }))).toBe(0);
    expect(text()).toMatch(/^Not known: which coupons the API has for this place is not known$/m);
    expect(text()).toMatch(
      /^ {2}✓ quietHours +it is 12:00 in Europe\/Berlin \(quietHours.unknownTimeZone\)/m,
    );
    expect(text()).toMatch(/^ {2}\? coupons /m);
    for (const note of [
      'Decided when it occurred',
      'No trigger is given',
      'timeZone "Mars/Base" is no time zone',
    ])
      expect(text()).toContain(note);
    expect(text()).toContain('locale "??" is no language');
    expect(text()).toContain('No earlier pushes are given');
    expect(text()).not.toContain('52.517');
  });

  it('that a filter stops needs no more', async () => {
    expect(await explain(RULES, '--event', eventFile(), '--at', '2026-11-24 21:30 Europe/Berlin')).toBe(0);
    expect(text()).toMatch(/^No push: MAX_EVENT_AGE_MS: the event is 9h 30m old, at most 15m$/m);
    expect(text()).toMatch(/^ {2}would take: a decision by 2026-11-24 11:15:00 UTC/m);
    expect(text()).toMatch(/· not asked: .*quietHours.*coupons$/m);
  });

  it('that pods would refuse says which field, and goes no further', async () => {
    expect(await explain(RULES, '--event', eventFile({ latitude: 95 }))).toBe(0);
    expect(text()).toMatch(/^No push: pods take it for no event.*latitude: expected −90…90$/m);
    expect(text()).toMatch(/✗ validation {2}latitude/);
  });

  it('has merchants where they are given', async () => {
    const merchants = write(
      JSON.stringify({ version: '1', merchants: [{ merchantId: 'm-1', timeZone: 'Asia/Tokyo' }] }),
      'json',
    );
    const file = eventFile({ merchantId: 'm-1' });
    expect(await explain(RULES, '--event', file, '--merchants', merchants)).toBe(0);
    expect(text()).toMatch(/✓ quietHours +it is 20:00 in Asia\/Tokyo/);
    expect(await explain(RULES, '--event', file, '--merchants', write('[]', 'json'))).toBe(1);
  });
});

describe('a situation as examples write it', () => {
  const situation = `at: 2026-11-24 12:00 Europe/Berlin
event: { userId: u-7, timeZone: Europe/Berlin }
coupons:
  - { couponId: c-1, discountPercent: 20, distanceMeters: 300 }
  - { couponId: c-2, discountPercent: 5 }
merchants: [{ merchantId: merchant-1, tier: gold }]
`;

  it('is explained to its end', async () => {
    expect(await explain(RULES, '--event', write(`${situation}pushes: []\n`))).toBe(0);
    expect(text()).toMatch(
      /^A push: coupon c-1 of merchant-1, to be sent by 2026-11-24 12:30:00 in Europe\/Berlin$/m,
    );
    expect(text()).toMatch(
      /^Coupon c-2 of merchant-1, "A coupon", is excluded by coupon.minDiscountPercent/m,
    );
    expect(text()).toMatch(/^ {6}true {7}merchant.tier == "gold" && coupon.distanceMeters < 500$/m);
    expect(text()).toMatch(/^ {8}true {7}coupon.distanceMeters < 500: coupon.distanceMeters is 300$/m);
    expect(text()).toContain('place 1, score 39.7 = 20 % discount + 20 boosts − 0.3 km');
    expect(text()).not.toContain('note:');
  });

  it('may be asked for one coupon, or as JSON', async () => {
    const file = write(situation);
    expect(await explain(RULES, '--event', file, '--coupon', 'c-2')).toBe(0);
    expect(text()).not.toContain('Coupon c-1');
    expect(await explain(RULES, '--event', file, '--coupon', 'c-9')).toBe(1);
    expect(complained.at(-1)).toBe('no coupon c-9 was judged; there are c-1, c-2');
    said = [];
    expect(await explain(RULES, '--event', file, '--json')).toBe(0);
    expect(JSON.parse(text())).toMatchObject({
      ...{ rules: { version: 'v7' }, outcome: { kind: 'queued', couponId: 'c-1' } },
      coupons: [
        { couponId: 'c-1', verdict: 'pushed' },
        { couponId: 'c-2', verdict: 'excluded' },
      ],
    });
  });

  it('with a mistake is told by line', async () => {
    expect(await explain(RULES, '--event', write(`${situation}pushs: []\n`))).toBe(1);
    expect(said).toEqual([
      expect.stringMatching(/:7:1 pushs: unknown key "pushs", did you mean "pushes"\?$/),
    ]);
  });

  it('is one of a file of examples, by its name', async () => {
    const examples = `defaults: { at: 2026-11-24T12:00:00Z }
examples:
  - { name: at night, at: 2026-11-24T22:00:00Z, expect: { outcome: filtered } }
  - { name: at noon, expect: { outcome: queued } }
`;
    const file = write(examples);
    expect(await explain(RULES, '--event', file, '--only', 'night')).toBe(0);
    expect(text()).toMatch(/^No push: quietHours: it is 23:00 in Europe\/Berlin/m);
    expect(await explain(RULES, '--event', file)).toBe(1);
    expect(complained.join('\n')).toMatch(/2 examples are meant; name one by --only, such as\n {2}at night/);
  });
});

describe('a recorded event', () => {
  const at = (minute: number): string => `2026-11-22T12:${String(minute).padStart(2, '0')}:00.000Z`;
  const rulesHash = hashDocument(PLAIN_TEXT);
  const cooldown = { outcome: 'filtered', reason: 'cooldown', rule: 'caps[0]', couponId: undefined } as const;
  const notAsked = { couponApi: 'not_asked', coupons: undefined, merchantId: undefined } as const;
  const lines: readonly RecordingLine[] = [
    decision({ userId: 'other', eventId: 'e-0', at: at(0) }),
    decision({ eventId: 'e-1', at: at(5), rulesHash }),
    { kind: 'delivery', v: 1, userId: 'u-1', eventId: 'e-1', at: at(6), outcome: 'sent' },
    decision({ eventId: 'e-2', at: at(9), rulesHash, ...cooldown, ...notAsked }),
  ];
  const recording = lines.map((line) => JSON.stringify(line)).join('\n');

  it('is decided again, with the caps of its user', async () => {
    const file = write(gzipSync(recording), 'ndjson.gz');
    expect(await explain(PLAIN, '--recording', file, '--event-id', 'e-2', '--nothing-before')).toBe(0);
    expect(text()).toMatch(/^No push: caps\[0\]: 1 push counts, at most 1 per user in 24h/m);
    expect(text()).toContain('pushed at 2026-11-22 13:06:00 in Europe/Berlin');
    expect(text()).toMatch(/would take: a decision from 2026-11-23 13:06:00 in Europe\/Berlin on/);
    expect(text()).toMatch(/note: Then, pods decided by these very rules: filtered, cooldown by caps\[0\]\./);
  });

  it('says how its push ended, and what is not known', async () => {
    const file = write(recording, 'ndjson');
    expect(
      await explain(RULES, '--recording', file, '--event-id', 'e-1', '--user', 'u-1', '--nothing-before'),
    ).toBe(0);
    expect(text()).toMatch(/^Not known: A condition asks for a coordinate/m);
    expect(text()).toMatch(
      /\? north +hangs on a coordinate, which is not recorded\n.*not known.*event.latitude is not recorded/,
    );
    expect(text()).toContain('That push ended as sent at 2026-11-22T12:06:00.000Z.');
  });

  it('may stand in a file by itself', async () => {
    const alone = decision({ coupons: [decisionCoupon({ discountPercent: 5 })] });
    expect(await explain(RULES, '--event', write(JSON.stringify(alone), 'json'), '--nothing-before')).toBe(0);
    expect(text()).toMatch(/^No push: the only coupon c-1 is excluded by coupon.minDiscountPercent/m);
    expect(await explain(RULES, '--event', write(recording, 'ndjson'))).toBe(1);
    expect(complained.at(-1)).toMatch(/has 3 events: name one by --event-id$/);
  });

  it('beside lines that cannot be read says how many', async () => {
    const file = write(`${recording}\n\n{"kind":"decision"}\nnonsense\n`, 'ndjson');
    const note = 'note: 2 records could not be read, perhaps of this user.';
    expect(await explain(PLAIN, '--recording', file, '--event-id', 'e-1')).toBe(0);
    expect(text()).toContain(note);
    said = [];
    expect(await explain(PLAIN, '--event', file, '--event-id', 'e-1')).toBe(0);
    expect(text()).toContain(note);
    said = [];
    expect(await explain(PLAIN, '--recording', write(recording), '--event-id', 'e-1')).toBe(0);
    expect(text()).not.toContain('could not be read');
  });

  it('that is not there is said', async () => {
    expect(await explain(RULES, '--recording', write(recording), '--event-id', 'e-9')).toBe(1);
    expect(complained.at(-1)).toMatch(/there is no decision on event e-9\. Decisions are/);
    const spoilt = write(`${recording}\nnonsense\n`);
    for (const named of [[], ['--user', 'u-1']]) {
      expect(await explain(RULES, '--recording', spoilt, '--event-id', 'e-9', ...named)).toBe(1);
      expect(complained.at(-1)).toMatch(
        /on event e-9\. 1 record could not be read, perhaps it is there\. Dec/,
      );
    }
    expect(await explain(RULES, '--recording', join(directory, 'none'), '--event-id', 'e-9')).toBe(1);
    expect(complained.at(-1)).toBe('there is no such file');
  });
});

describe('of a topic', () => {
  const messageOf = (line: object, key: string): FetchedMessage =>
    ({ key: Buffer.from(key), value: Buffer.from(JSON.stringify(line)) }) as FetchedMessage;

  it('the partition of the user alone is read, and of it the records of the user are kept', async () => {
    const asked: number[] = [];
    const reader: Parameters<typeof readUser>[0] = {
      span: async (sinceMs) => [0, 1, 2].map((partition) => ({ partition, from: sinceMs, to: sinceMs + 3 })),
      async *read({ partition }) {
        asked.push(partition);
        yield messageOf(decision({ userId: 'other', at: '2026-11-20T00:00:00.000Z' }), 'other');
        yield messageOf({ nonsense: true }, 'other');
        yield messageOf({ nonsense: true }, 'u-1');
        yield messageOf(decision(), 'u-1');
      },
    };
    const { lines, beganMs, unreadable } = await readUser(reader, 'u-1', {
      sinceMs: 5,
      onProgress: () => undefined,
    });
    expect(asked).toEqual([1]);
    expect(lines).toEqual([decision()]);
    expect(beganMs).toBe(Date.parse('2026-11-20T00:00:00Z'));
    expect(unreadable).toBe(1);
  });

  it('the variables are asked for', async () => {
    expect(await explain(RULES, '--event-id', 'e-1', '--user', 'u-1')).toBe(78);
    expect(complained.join('\n')).toMatch(/KAFKA_/);
  });
});

it.each([
  [[], 'which event? --event FILE, or --event-id ID with --recording FILE or --user ID'],
  [['--event-id', 'e-1'], '--event-id from the decision topic needs --user ID'],
  [['--event', 'a', '--recording', 'b'], '--event or --recording, not both'],
])('%s is not enough', async (args, says) => {
  expect(await explain(RULES, ...args)).toBe(1);
  expect(complained).toEqual([says]);
});
