/** A compiled schema says what zod's own parser says, value by value; what it does not know it refuses at start. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventShape, isEventJson } from '../../../src/domain/event.ts';
import { compileCheck } from '../../../src/runtime/compile-check.ts';

const SHAPE = z.object({
  id: z
    .string()
    .min(1)
    .max(5)
    .refine((text) => text.isWellFormed())
    .refine((text) => text !== 'taken'),
  text: z.string().nullish(),
  share: z.number().min(0).max(100).nullish(),
  above: z.number().gt(1).lt(3).optional(),
  kind: z.enum(['enter', 'exit']).nullable(),
  isOn: z.boolean().optional(),
  none: z.unknown().optional(),
});

const field = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('', 'a', 'taken', '12345', '123456', '\uD800', 'enter', 'exit') },
  { weight: 3, arbitrary: fc.constantFrom(0, -1e-9, 1, 2, 3, 100, 100.5, NaN, Infinity, -90, 180, 180.1) },
  fc.constantFrom(null, undefined, true, false, 1n, Symbol.iterator),
  fc.constantFrom('2026-11-27T10:00:00Z', '2026-11-27T10:00:00', '2026-02-30T10:00:00Z'),
  fc.anything({ maxDepth: 1 }),
);
const GOOD = { id: 'a', share: 5, above: 2, kind: 'enter', isOn: true };
const GOOD_EVENT = {
  ...{ userId: 'u', occurredAt: '2026-11-27T10:00:00Z', latitude: 1, longitude: 2, merchantId: 'm' },
  ...{ eventId: 'e', trigger: 'exit', accuracyMeters: 5, pushConsent: true, timeZone: 7, locale: [] },
};

/** Few of these break more than one rule, as most breaks hide others. */
function changed(good: object, names: readonly string[]): fc.Arbitrary<object> {
  const change = fc.tuple(fc.constantFrom(...names), fc.oneof(field, fc.constant('absent')));
  return fc.array(change, { maxLength: 3 }).map((changes) => {
    const value: Record<string, unknown> = { ...good };
    for (const [name, to] of changes) {
      if (to === 'absent') Reflect.deleteProperty(value, name);
      else value[name] = to;
    }
    return value;
  });
}

describe('a compiled schema', () => {
  const isValid = compileCheck(SHAPE);

  it('says what its schema says', () => {
    expect(isValid(GOOD)).toBe(true);
    fc.assert(
      fc.property(changed(GOOD, Object.keys(SHAPE.shape)), (value) => {
        expect(isValid(value)).toBe(SHAPE.safeParse(value).success);
      }),
      { numRuns: 3000 },
    );
  });

  it('says of events what their schema says', () => {
    expect(isEventJson(GOOD_EVENT)).toBe(true);
    fc.assert(
      fc.property(changed(GOOD_EVENT, Object.keys(eventShape.shape)), (value) => {
        expect(isEventJson(value)).toBe(eventShape.safeParse(value).success);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([[undefined], [null], [[]], ['text'], [7], [Object.assign([], GOOD)]])(
    '%j is no object',
    (value) => {
      expect(isValid(value)).toBe(false);
      expect(SHAPE.safeParse(value).success).toBe(false);
    },
  );

  it.each([
    ['a transform', z.object({ a: z.string().transform(Number) }), 'a: a schema of the kind "pipe"'],
    ['a list', z.object({ list: z.array(z.string()) }), 'list: a schema of the kind "array"'],
    ['an unknown that must be there', z.object({ a: z.unknown() }), 'a: a schema of the kind "unknown"'],
    ['a default', z.object({ a: z.string().default('x') }), 'a: a schema of the kind "default"'],
    ['a format', z.object({ a: z.string().regex(/x/) }), 'a: a check of the kind "string_format"'],
    ['a rewriting', z.object({ a: z.string().trim() }), 'a: a check of the kind "overwrite"'],
    ['no other keys', z.strictObject({ a: z.string() }), 'an object with rules of its own'],
    [
      'a rule over all fields',
      z.object({ a: z.string() }).refine(() => true),
      'an object with rules of its own',
    ],
  ])('%s is refused', (_what, schema, message) => {
    expect(() => compileCheck(schema)).toThrow(message);
  });
});
