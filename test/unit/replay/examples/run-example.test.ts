/** What an example expects is compared with what came of it, and nothing else. */
import { describe, expect, it } from 'vitest';
import { runExample } from '../../../../src/replay/examples/run-example.ts';
import { parseRules } from '../../../../src/rules/document/parse-rules.ts';
import { document } from '../../rules/documents.ts';
import { exampleFile, examplesOf } from './examples.ts';

async function run(expects: string, lines = '', sections = '') {
  const text = exampleFile(lines).replace('{ outcome: queued }', expects);
  const parsed = parseRules(document(sections));
  if (!parsed.ok) expect.fail(parsed.problems[0]?.message);
  const example = examplesOf(text)[0]!;
  return runExample(example, parsed.rules);
}

describe('an expectation', () => {
  it.each([
    ['{ outcome: queued, coupon: coupon-1, title: A coupon, body: ~, deepLink: ~ }', ''],
    ['{ score: 19.7 }', 'coupon: { discountPercent: 20, distanceMeters: 300 }'],
    ['{ expiresAfter: 30m }', ''],
    ['{ expiresAfter: 1800s }', ''],
    ['{ expiresAfter: 10m }', 'coupon: { validUntil: +10m }'],
    ['{ body: B, deepLink: "app://x" }', 'coupon: { body: B, deepLink: "app://x" }'],
    ['{ outcome: filtered, reason: cooldown, rule: "caps[0]" }', 'pushes: [-1h]'],
    ['{ rule: merchant.active, coupon: coupon-1 }', 'merchants: [{ merchantId: merchant-1, active: false }]'],
  ])('%s holds with %s', async (expects, lines) => {
    expect((await run(expects, lines)).differences).toEqual([]);
  });

  it.each([
    ['{ outcome: filtered }', 'outcome', 'filtered', 'queued'],
    ['{ reason: stale }', 'reason', 'stale', undefined],
    ['{ coupon: c-9 }', 'coupon', 'c-9', 'coupon-1'],
    ['{ title: B }', 'title', 'B', 'A coupon'],
    ['{ body: B }', 'body', 'B', undefined],
    ['{ score: 1 }', 'score', 1, 0],
    ['{ expiresAfter: 29m }', 'expiresAfter', '29m', '30m'],
  ])('%s does not hold', async (expects, field, expected, actual) => {
    expect((await run(expects)).differences).toEqual([{ field, expected, actual }]);
  });

  it('is told in full, each field that differs', async () => {
    const { differences } = await run('{ outcome: filtered, reason: stale, title: A coupon }');
    expect(differences.map(({ field }) => field)).toEqual(['outcome', 'reason']);
  });
});
