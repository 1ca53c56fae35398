/** `diff`: compared with what, its exit codes as of diff(1), and its JSON. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hashDocument } from '../../../../src/domain/document-hash.ts';
import { openRulesDesk, RULES_KEY, rulesText, type RulesDesk } from '../../../support/cli/rules-desk.ts';

let desk: RulesDesk;
const old = rulesText('v1', 'coupon: { minDiscountPercent: 10 }');
const now = rulesText('v2', 'coupon: { minDiscountPercent: 15 }');
beforeEach(async () => {
  desk = openRulesDesk();
  await desk.upload(old);
  await desk.upload(now);
});
afterEach(() => {
  desk.close();
});

it('0 where nothing differs, in bytes or in what they say', async () => {
  expect(await desk.run('diff', desk.file(now))).toBe(0);
  expect(desk.text()).toMatch(/no difference.*the same bytes/);
  expect(await desk.run('diff', desk.file(`# more\n${now}`))).toBe(0);
  expect(desk.text()).toMatch(/only comments and spelling differ/);
});

it('1 where something differs, in words', async () => {
  expect(await desk.run('diff', desk.file(old))).toBe(1);
  expect(desk.said).toEqual(['version v2 → v1', 'least discount 15 % → 10 %']);
});

it('against a version or a hash of the history', async () => {
  for (const name of ['v1', hashDocument(old)]) {
    expect(await desk.run('diff', desk.file(old), '--against', name)).toBe(0);
  }
});

it('as JSON', async () => {
  expect(await desk.run('diff', desk.file(old), '--json')).toBe(1);
  expect(JSON.parse(desk.text())).toMatchObject({
    before: { version: 'v2', hash: hashDocument(now) },
    after: { version: 'v1', hash: hashDocument(old) },
    differences: [{ path: 'version' }, { path: 'coupon.minDiscountPercent', before: 15, after: 10 }],
  });
});

it('2 where there is nothing that can be compared', async () => {
  expect(await desk.run('diff', desk.file('version: v\n'))).toBe(2);
  expect(await desk.run('diff', desk.file(now), '--against', 'v9')).toBe(2);
  desk.store.put(RULES_KEY, 'nonsense: [');
  expect(await desk.run('diff', desk.file(now))).toBe(2);
  desk.store.onCall({
    before: () => {
      throw new Error('S3 is away');
    },
  });
  expect(await desk.run('diff', desk.file(now))).toBe(2);
  expect(desk.text()).toMatch(/S3 is away/);
});
