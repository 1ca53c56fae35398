/** What would become of letters today is said by the code that pods run, as far as it can be known. */
import { beforeEach, expect, it } from 'vitest';
import { dryRun } from '../../../../src/cli/dead-letters/dry-run.ts';
import { foreseeLetter, type Today } from '../../../../src/cli/dead-letters/foreseen.ts';
import { readLetter } from '../../../../src/cli/dead-letters/letter.ts';
import { parseRules } from '../../../../src/rules/document/parse-rules.ts';
import {
  createLetterBench,
  letterMessage,
  type LetterBench,
  type LetterWish,
} from '../../../support/cli/letter-desk.ts';

const NOW = Date.parse('2026-11-27T10:00:00Z');
const parsed = parseRules(
  'version: v\ncaps: [{ per: user, max: 1, window: 24h }]\nevent: { triggers: [enter] }\n',
);
const rules = parsed.ok ? parsed.rules : expect.unreachable();
const today: Today = {
  documents: { rules: () => rules, findMerchant: () => undefined },
  ...{ maxEventAgeMs: 900_000, maxRecordBytes: 1_000_000, recall: undefined },
  nowMs: () => NOW,
  close: async () => undefined,
};
const event = (more: Record<string, unknown> = {}): string =>
  JSON.stringify({
    ...{ userId: 'u-1', occurredAt: '2026-11-27T09:59:00Z', latitude: 1, longitude: 2, eventId: 'e-1' },
    ...more,
  });
const foreseen = (wish: LetterWish, by: Partial<Today> = {}) =>
  foreseeLetter(readLetter(letterMessage(0, wish), 0)!, { ...today, ...by });

it.each<[string, unknown]>([
  [event(), { kind: 'coupons' }],
  [
    event({ occurredAt: '2026-11-27T09:00:00Z' }),
    { kind: 'filtered', reason: 'stale', rule: 'MAX_EVENT_AGE_MS' },
  ],
  [event({ trigger: 'dwell' }), { kind: 'filtered', reason: 'trigger' }],
  [
    event({ latitude: 'x' }),
    { kind: 'dead_lettered', reason: 'invalid', error: 'latitude: expected a number' },
  ],
  ['{', { kind: 'dead_lettered', reason: 'malformed' }],
])('%s', async (value, fate) => {
  expect(await foreseen({ value })).toMatchObject([fate]);
});

it('a record of many events has a fate for each', async () => {
  const fates = await foreseen({ value: `[${event()},${event({ trigger: 'exit' })},7]` });
  expect(fates).toMatchObject([{ kind: 'coupons' }, { reason: 'trigger' }, { reason: 'invalid' }]);
});

it('what Redis remembers decides where it is asked, and of an event without an id by the letter’s', async () => {
  const asked: string[] = [];
  const recall: Today['recall'] = async ({ eventId }) => {
    asked.push(eventId);
    return eventId === 'e-1'
      ? { kind: 'new', fullCap: 0 }
      : { kind: 'known', undelivered: false, envelope: ENVELOPE };
  };
  expect(await foreseen({ value: event() }, { recall })).toMatchObject([
    { reason: 'cooldown', rule: 'caps[0]' },
  ]);
  const unnamed = { value: event({ eventId: undefined }), headers: { 'event-id': 'location-events-1-7-0' } };
  expect(await foreseen(unnamed, { recall })).toMatchObject([{ kind: 'queued' }]);
  expect(asked).toEqual(['e-1', 'location-events-1-7-0']);
});

const ENVELOPE = {
  push: {
    ...{ userId: 'u-1', eventId: 'e', couponId: 'c', merchantId: 'm', title: 't', collapseKey: 'k' },
    rulesVersion: 'v',
  },
  source: { topic: 't', partition: 0, offset: '0', index: 0 },
  traceparent: '',
};

let bench: LetterBench;
let said: string[];
beforeEach(() => {
  bench = createLetterBench();
  said = [];
});
const line = { env: {}, say: (text: string) => void said.push(text), complain: expect.unreachable };

it('says it of each letter, counts, and writes nothing', async () => {
  bench.add(
    { value: event() },
    { value: event({ trigger: 'exit' }) },
    { value: event(), headers: { replays: '3' } },
  );
  bench.add({ value: null, headers: { 'value-sha256': 'x' } }, { headers: { 'source-topic': 'gone' } });
  expect(await dryRun(bench.open(), today, { filter: {}, parked: false, json: false }, line)).toBe(0);
  expect(said).toEqual([
    '0:0  invalid  →  the coupon API is asked, and its answer decides',
    '0:1  invalid  →  filtered/trigger by event.triggers',
    '0:2  invalid  →  not put back: parked, it came back three times; --parked puts it back',
    '0:3  invalid  →  not put back: the dead-letter topic has not taken its value',
    '0:4  invalid  →  not put back: its topic is gone',
    '',
    '5 letters; nothing was put back',
    ...[
      expect.any(String) as string,
      expect.any(String) as string,
      expect.any(String) as string,
      expect.any(String) as string,
      expect.any(String) as string,
    ],
    expect.stringMatching(/^Redis was not asked/) as string,
  ]);
  expect([bench.putBack, bench.ledger]).toEqual([[], []]);
});

it('as JSON names each event’s fate', async () => {
  bench.add({ value: event() });
  await dryRun(bench.open(), today, { filter: {}, parked: false, json: true }, line);
  expect(JSON.parse(said.join(''))).toMatchObject({
    letters: [{ letter: '0:0', reason: 'invalid', events: [{ kind: 'coupons' }] }],
    unknown: expect.any(String) as string,
  });
});
