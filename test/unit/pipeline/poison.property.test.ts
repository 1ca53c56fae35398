/**
 * Any bytes that a producer may send, through decoder, validation and the edge of the flow: each event in them comes
 * to exactly one outcome, nothing throws, nothing reaches a prototype, a log line stays one line of harmless text,
 * and a dead letter can be written as it is.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createDeadLetters } from '../../../src/kafka/producers/dead-letters.ts';
import type { OutgoingRecord } from '../../../src/kafka/producers/record-sender.ts';
import { createEventHandler } from '../../../src/pipeline/edge.ts';
import { decodeRecord } from '../../../src/stream/decode/record-decoder.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { bench } from '../../support/pipeline-fakes.ts';
import { giants, poison, type PoisonRecord } from '../../support/pods/poison.ts';

const MAX_RECORD_BYTES = 1024 * 1024;
/** What a log line may hold: no control, no line end, nothing that turns the direction of text. */
const HARMLESS = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]*$/u;
const MEMBERS_OF_ALL = Object.getOwnPropertyNames(Object.prototype);

interface Seen {
  readonly pieces: number;
  readonly letters: readonly OutgoingRecord[];
  readonly lines: readonly string[];
}

/** Takes a record in as a pod does; every other event meets a fault of ours, so that its text reaches the log. */
async function takeIn({ key, value, headers }: PoisonRecord): Promise<Seen> {
  const b = bench();
  const lines: string[] = [];
  const letters: OutgoingRecord[] = [];
  const logger = createLogger(
    { level: 'debug', pod: 'p', version: '1' },
    { write: (line) => void lines.push(line) },
  );
  const deadLetters = createDeadLetters({
    send: async (record) => {
      letters.push(record);
      return letters.length % 7 === 0 ? 'too_large' : 'sent';
    },
    stop: () => Promise.resolve(),
  });
  const handleEvent = createEventHandler({
    ...b.ports,
    clock: { ...b.ports.clock, now: Date.now },
    logger,
    deadLetters,
  });
  const record = { topic: 'location-events', partition: 3, offset: '41', key, value, headers };
  let pieces = 0;
  for await (const piece of decodeRecord(record, { maxRecordBytes: MAX_RECORD_BYTES })) {
    expect(piece.source.index).toBe(pieces);
    pieces += 1;
    b.script.coupons =
      pieces % 2 === 1
        ? [new Error(`about ${String(value?.toString())}`)]
        : [{ kind: 'coupons', coupons: [] }];
    await handleEvent(piece).run(b.ownership);
    expect(b.ended).toHaveLength(pieces);
  }
  expect(b.counts).toEqual({ received: pieces, abandoned: 0 });
  return { pieces, letters, lines };
}

function expectHarmless({ pieces, letters, lines }: Seen, { key, value, headers }: PoisonRecord): void {
  expect(pieces).toBeGreaterThan(0);
  expect(pieces).toBeLessThanOrEqual(Math.max(1, MAX_RECORD_BYTES));
  for (const line of lines) {
    expect(line.slice(0, -1)).toMatch(HARMLESS);
    expect(line.at(-1)).toBe('\n');
    expect(JSON.parse(line)).toMatchObject({ pod: 'p' });
  }
  for (const letter of letters) {
    const { reason, error } = letter.headers ?? {};
    expect(reason).toMatch(/^(malformed|invalid|too_large|internal_error)$/);
    expect(error).toMatch(HARMLESS);
    expect(String(error).length).toBeLessThanOrEqual(500);
    for (const header of Object.values(letter.headers ?? {}))
      for (const one of [header].flat()) expect(typeof one === 'string' || Buffer.isBuffer(one)).toBe(true);
    expect(letter.key === key || letter.value === null).toBe(true);
    // As it came, or the exact slice; of what is packed the slice is unpacked.
    if (letter.value instanceof Buffer && !Object.hasOwn(headers, 'content-encoding'))
      expect(value?.includes(letter.value)).toBe(true);
  }
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(MEMBERS_OF_ALL);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
}

it(
  'any poison: one outcome an event, harmless log lines, dead letters that can be written',
  { timeout: 120_000 },
  async () => {
    let refused = 0;
    let logged = 0;
    await fc.assert(
      fc.asyncProperty(poison, async (record) => {
        const seen = await takeIn(record);
        refused += seen.letters.length;
        logged += seen.lines.length;
        expectHarmless(seen, record);
      }),
      { numRuns: 1500 },
    );
    expect(refused).toBeGreaterThan(500);
    expect(logged).toBeGreaterThan(100);
  },
);

it(
  'bombs and giants: the same, and within the bound on what they unpack to',
  { timeout: 120_000 },
  async () => {
    for (const giant of giants(4 * MAX_RECORD_BYTES)) expectHarmless(await takeIn(giant), giant);
  },
);
