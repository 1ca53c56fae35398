import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_FIELDS } from '../../../../src/domain/event.ts';
import { parseEvent } from '../../../../src/stream/decode/parse-event.ts';
import { parseLargeEvent } from '../../../../src/stream/decode/parse-large-event.ts';

function parseLarge(value: string | Buffer) {
  const steps = parseLargeEvent(Buffer.from(value));
  for (;;) {
    const next = steps.next();
    if (next.done === true) return next.value;
  }
}

describe('a large event', () => {
  it('is read as JSON.parse reads it, and refused where JSON.parse refuses it', { timeout: 60_000 }, () => {
    // One change somewhere in a JSON text: near enough to be accepted by mistake.
    const changed = fc
      .tuple(
        fc.json({ maxDepth: 3 }),
        fc.nat(),
        fc.constantFrom('', ...Array.from('{}[],:"\\ 0-.e+tn\n\u0001')),
        fc.nat(2),
      )
      .map(([text, where, by, cut]) => {
        const at = where % (text.length + 1);
        return text.slice(0, at) + by + text.slice(at + cut);
      });
    fc.assert(
      fc.property(fc.oneof(fc.json(), changed), (text) => {
        const small = parseEvent(Buffer.from(text));
        const large = parseLarge(text);
        expect(large.kind).toBe(small.kind);
        if (large.kind === 'refused' || small.kind === 'refused') return;
        if (typeof small.value === 'object' && small.value !== null && !Array.isArray(small.value)) {
          const fields = Object.entries(small.value).filter(([name]) => EVENT_FIELDS.has(name));
          expect(large.value).toEqual(Object.fromEntries(fields));
        } else {
          expect(large.value).toEqual(Array.isArray(small.value) ? [] : null);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    '1',
    '-0',
    '1.5e+3',
    '1E-2',
    '-',
    '01',
    '1.',
    '.5',
    '1e',
    '1e+',
    '+1',
    '0x1',
    '1.e1',
    '--1',
    'NaN',
    'truE',
    'tru',
    'nulll',
  ])('knows a number or word: %s', (text) => {
    for (const value of [text, `{"a":${text}}`, `[${text},${text}]`]) {
      expect(parseLarge(value).kind).toBe(parseEvent(Buffer.from(value)).kind);
    }
  });

  it('passes over what is large in it, checked but not read', () => {
    const filling = `[${'{"x":"y"},'.repeat(40_000)}{}]`;
    const value = `{"userId":"u", "merchantId": ${filling}, "speed": 3, "locale":"${'é\\n'.repeat(50_000)}", "latitude":1}`;
    expect(parseLarge(value)).toEqual({
      kind: 'json',
      value: { userId: 'u', merchantId: {}, locale: {}, latitude: 1 },
    });
    expect(parseLarge(value.replace(',{}]', ',{]')).kind).toBe('refused');
    expect(parseLarge(value.replace('\\n"', '\\q"')).kind).toBe('refused');
  });

  it('is refused where it is not UTF-8, also across the steps of the check', () => {
    const text = Buffer.from(`{"a":"${'€'.repeat(1_200_000)}"}`);
    expect(parseLarge(text).kind).toBe('json');
    text[2_000_000] = 0xff;
    expect(parseLarge(text)).toEqual({ kind: 'refused', reason: 'malformed', error: 'not UTF-8' });
  });

  it('is read however many unknown members it has, and refused where one field stands in it without end', () => {
    const unknown = Array.from({ length: 200_000 }, (_, index) => `"k${String(index)}":1`);
    const value = `{${unknown.join(',')},"userId":"u","user\\u0049d":"v"}`;
    expect(parseLarge(value)).toEqual({ kind: 'json', value: { userId: 'v' } });
    const repeated = Array.from({ length: 100_000 }, () => '"userId":"u"');
    expect(parseLarge(`{${repeated.join(',')}}`)).toMatchObject({ kind: 'refused', reason: 'too_large' });
  });

  it('is read up to a mebibyte of members, where a text too long to be kept counts as long as one that is', () => {
    const members = (count: number, bytes: number): string =>
      `{${Array.from({ length: count }, () => `"locale":"${'x'.repeat(bytes)}"`).join(',')}}`;
    expect(parseLarge(members(16, 65_000)).kind).toBe('json');
    expect(parseLarge(members(17, 65_000))).toMatchObject({ reason: 'too_large' });
    expect(parseLarge(members(6, 200_000))).toEqual({ kind: 'json', value: { locale: {} } });
    expect(parseLarge(members(17, 200_000))).toMatchObject({ reason: 'too_large' });
  });

  it('keeps texts up to 64 KiB, quotes included', () => {
    const text = 'x'.repeat(64 * 1024 - 2);
    expect(parseLarge(`{"locale":"${text}"}`)).toEqual({ kind: 'json', value: { locale: text } });
    expect(parseLarge(`{"locale":"${text}x"}`)).toEqual({ kind: 'json', value: { locale: {} } });
  });

  it('is UTF-8 wherever the steps of its check cut it, and no more than its bytes', () => {
    for (const character of ['é', '€', '𝄞'])
      for (let shift = 0; shift < 4; shift += 1) {
        const text = `{"a":"${'x'.repeat(shift)}${character.repeat(600_000)}"}`;
        expect(parseLarge(text).kind).toBe('json');
      }
    const cut = Buffer.from(`{"a":"${'x'.repeat(2 ** 20 - 7)}€"}`);
    cut[2 ** 20] = 0x78;
    expect(parseLarge(cut)).toMatchObject({ error: 'not UTF-8' });
  });
});
