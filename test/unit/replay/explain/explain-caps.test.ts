/** A cap tells how many pushes count and since when; a full one also tells when there is room again. */
import { expect, it } from 'vitest';
import { explainCaps } from '../../../../src/replay/explain/explain-caps.ts';
import type { CapAsked } from '../../../../src/replay/explain/trace.ts';
import { parseRules } from '../../../../src/rules/document/parse-rules.ts';

const NOON = Date.parse('2026-11-24T12:00:00Z');
const HOUR = 3_600_000;
const parsed = parseRules(
  'version: v\ncaps: [{ per: user, max: 1, window: 24h }, { per: user+merchant, max: 3, window: 7d }]',
);
const rules = parsed.ok ? parsed.document : expect.fail('no rules');

/** @param hoursAgo when each of the pushes was made that count. */
const asked = (cap: number, hoursAgo: readonly number[], more: Partial<CapAsked> = {}): CapAsked => ({
  ...{ cap, couponId: undefined, least: hoursAgo.length, most: hoursAgo.length },
  sinceMs: hoursAgo.map((hours) => NOON - hours * HOUR),
  ...more,
});
const explain = (...caps: readonly CapAsked[]) => explainCaps(rules, caps, undefined);

it('with room says how many count', () => {
  expect(explain(asked(1, [2, 1]))).toEqual([
    {
      name: 'caps[1]',
      verdict: 'passed',
      says: '2 pushes count, at most 3 per user+merchant in 7d; pushed at 2026-11-24 11:00:00 UTC and 2026-11-24 10:00:00 UTC',
    },
  ]);
  expect(explain(asked(1, []))[0]?.says).toBe('0 pushes count, at most 3 per user+merchant in 7d');
});

it('that is full has room once its oldest push is out of the window', () => {
  expect(explain(asked(0, [3]))).toEqual([
    {
      name: 'caps[0]',
      verdict: 'stopped',
      says: '1 push counts, at most 1 per user in 24h; pushed at 2026-11-24 09:00:00 UTC',
      needs: 'a decision from 2026-11-25 09:00:00 UTC on, if nothing else is pushed',
    },
  ]);
});

it('that is more than full has room once so many are out that fewer than its maximum count', () => {
  const [check] = explain(asked(1, [2, 5, 1, 4, 3]));
  expect(check).toMatchObject({
    verdict: 'stopped',
    says: '5 pushes count, at most 3 per user+merchant in 7d; pushed at 2026-11-24 11:00:00 UTC, 2026-11-24 10:00:00 UTC and 2026-11-24 09:00:00 UTC and earlier',
    needs: 'a decision from 2026-12-01 09:00:00 UTC on, if nothing else is pushed',
  });
});

it('shows three moments without a word of earlier ones where there are none', () => {
  expect(explain(asked(1, [1, 2, 3]))[0]?.says).toMatch(/10:00:00 UTC and 2026-11-24 09:00:00 UTC$/);
});

it('tells moments by the clock of the zone', () => {
  const [check] = explainCaps(rules, [asked(0, [3])], 'Europe/Berlin');
  expect(check?.says).toContain('pushed at 2026-11-24 10:00:00 in Europe/Berlin');
  expect(check?.needs).toContain('from 2026-11-25 10:00:00 in Europe/Berlin on');
});

it('that is full by pushes of which the moments are not known says what would make room', () => {
  const needs = 'that a push leaves the window, or was not made';
  expect(explain(asked(0, [], { least: 1, most: 1 }))[0]).toMatchObject({ verdict: 'stopped', needs });
  expect(explain(asked(0, [3], { least: 2, most: 2 }))[0]).toMatchObject({ verdict: 'stopped', needs });
});

it('that may be full is not known', () => {
  expect(explain(asked(1, [1], { most: 3 }))[0]).toEqual({
    name: 'caps[1]',
    verdict: 'not_known',
    says: '1 push surely counts, 3 at most, at most 3 per user+merchant in 7d; pushed at 2026-11-24 11:00:00 UTC',
    needs: 'to know whether 2 more pushes of these count',
  });
  expect(explain(asked(0, [], { most: Infinity }))[0]).toEqual({
    name: 'caps[0]',
    verdict: 'not_known',
    says: '0 pushes surely count, and nobody knows of those before the recording, at most 1 per user in 24h',
    needs: 'to know whether 1 more push of these counts',
  });
  expect(explain(asked(1, [1], { most: 2 }))[0]?.verdict).toBe('passed');
});

it('that is asked twice is told as the last time, and caps in the order of the document', () => {
  const checks = explain(asked(1, [1]), asked(0, []), asked(1, []));
  expect(checks.map(({ name, says }) => `${name}: ${says}`)).toEqual([
    'caps[0]: 0 pushes count, at most 1 per user in 24h',
    'caps[1]: 0 pushes count, at most 3 per user+merchant in 7d',
  ]);
});
