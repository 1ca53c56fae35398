/**
 * Every field of an event on its whole way: out of bytes of each size (a large event is read field by field), through
 * validation, into the event. The table has a line a field, so a new field is tried at every size or does not compile.
 */
import { describe, expect, it } from 'vitest';
import { eventShape, type EventField, type LocationEvent } from '../../../src/domain/event.ts';
import { validate } from '../../../src/pipeline/steps/validate.ts';
import { namesOf } from '../../../src/runtime/names-of.ts';
import { parseEvent } from '../../../src/stream/decode/parse-event.ts';
import { parseLargeEvent } from '../../../src/stream/decode/parse-large-event.ts';
import { NOW, piece, rawEvent } from '../../support/pipeline-fakes.ts';

interface Example {
  /** Differs from what {@link rawEvent} has. */
  readonly given: unknown;
  readonly becomes: Partial<LocationEvent>;
}

const EXAMPLES: Readonly<Record<EventField, Example>> = {
  userId: { given: 'u-7', becomes: { userId: 'u-7' } },
  occurredAt: { given: '2026-11-22T11:30:00Z', becomes: { occurredAtMs: NOW - 1_800_000 } },
  latitude: { given: -33.9, becomes: { latitude: -33.9 } },
  longitude: { given: 151.2, becomes: { longitude: 151.2 } },
  merchantId: { given: 'm-7', becomes: { merchantId: 'm-7' } },
  eventId: { given: 'e-7', becomes: { eventId: 'e-7' } },
  trigger: { given: 'exit', becomes: { trigger: 'exit' } },
  accuracyMeters: { given: 33, becomes: { accuracyMeters: 33 } },
  timeZone: { given: 'Asia/Tokyo', becomes: { timeZone: 'Asia/Tokyo' } },
  locale: { given: 'ja_JP', becomes: { locale: 'ja-JP' } },
  pushConsent: { given: false, becomes: { pushConsent: false } },
};

const SIZES = [
  { size: 'a small event', bytes: 0, parse: parseEvent },
  { size: 'one of 8 KiB, of which the rest is let go', bytes: 8192, parse: parseEvent },
  { size: 'one of 300 KiB, read field by field', bytes: 300_000, parse: parseInOneGo },
];

describe.each(SIZES)('$size', ({ bytes, parse }) => {
  it.each(namesOf(eventShape.shape))('has its %s', (field) => {
    const { given, becomes } = EXAMPLES[field];
    const without = read({});
    expect(without).not.toMatchObject(becomes);
    expect(read({ [field]: given })).toEqual({ ...without, ...becomes });
  });

  function read(changes: Record<string, unknown>): LocationEvent {
    const json = JSON.stringify({ ...rawEvent(changes), padding: 'x'.repeat(bytes) });
    const result = validate(piece(null, { content: parse(Buffer.from(json)) }), NOW);
    if (!result.ok) throw new Error(result.error);
    return result.event;
  }
});

function parseInOneGo(bytes: Buffer) {
  const steps = parseLargeEvent(bytes);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
