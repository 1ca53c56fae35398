/** Every recipe of the guide for those who write rules does what its heading says. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { readExamples } from '../../../src/replay/examples/read-examples.ts';
import { runExample } from '../../../src/replay/examples/run-example.ts';
import { parseRules } from '../../../src/rules/document/parse-rules.ts';
import { sectionOf } from '../../tools/pages.ts';

/** The examples of each recipe; of a user at a shop on a Tuesday at noon, near one coupon of 20 %. */
const EXAMPLES: Readonly<Record<string, string>> = {
  'Only at weekends': `
  - { name: Friday, at: 2026-11-27 12:00 Europe/Berlin, expect: { rule: weekend-only } }
  - { name: Saturday, at: 2026-11-28 12:00 Europe/Berlin, expect: { outcome: queued } }
  - { name: Sunday, at: 2026-11-29 23:59 Europe/Berlin, expect: { outcome: queued } }
  - { name: nobody knows the day, at: 2026-11-28 12:00 Europe/Berlin, event: { timeZone: ~ }, expect: { rule: weekend-only } }`,
  "A merchant's launch at 10 %": `
  - { name: takes part, event: { userId: 'u-17' }, coupon: { merchantId: m-new }, expect: { outcome: queued } }
  - { name: does not, event: { userId: 'u-71' }, coupon: { merchantId: m-new }, expect: { rule: launch-of-m-new } }
  - { name: other merchants go on, event: { userId: 'u-71' }, expect: { outcome: queued } }`,
  'Two a day, but never the same shop twice': `
  - { name: a second one, pushes: [-1h], expect: { outcome: queued } }
  - { name: no third one, pushes: [-1h, -20h], expect: { rule: 'caps[0]' } }
  - { name: on the next day, pushes: [-24h, -25h], expect: { outcome: queued } }
  - { name: the same shop, pushes: [{ at: -29d, merchantId: m-cafe }], expect: { rule: 'caps[1]' } }
  - name: the next best shop
    pushes: [{ at: -29d, merchantId: m-cafe }]
    coupons: [{ discountPercent: 50 }, { couponId: bread, merchantId: m-bakery }]
    expect: { coupon: bread }`,
  'No alcohol before noon': `
  - { name: before, at: 2026-11-24 11:59 Europe/Berlin, coupon: { category: alcohol }, expect: { rule: no-alcohol-before-noon } }
  - { name: at noon, coupon: { category: alcohol }, expect: { outcome: queued } }
  - { name: nobody knows, event: { timeZone: ~ }, coupon: { category: alcohol }, expect: { rule: no-alcohol-before-noon } }
  - { name: other coupons, at: 2026-11-24 11:59 Europe/Berlin, expect: { outcome: queued } }`,
  "A competitor's blackout": `
  - name: of its competitors
    event: { merchantId: m-market }
    coupon: { category: groceries }
    expect: { rule: no-competitor-at-m-market }
  - name: its own
    event: { merchantId: m-market }
    coupon: { category: groceries, merchantId: m-market }
    expect: { outcome: queued }
  - { name: what else is near, event: { merchantId: m-market }, coupon: { category: shoes }, expect: { outcome: queued } }
  - { name: elsewhere, coupon: { category: groceries }, expect: { outcome: queued } }
  - { name: everywhere, coupon: { merchantId: m-rival }, expect: { rule: merchants.deny } }`,
  'Better one shop than another': `
  - { name: gold, merchants: [{ merchantId: m-cafe, tier: gold }], expect: { score: 39.7 } }
  - { name: in the list, coupon: { merchantId: m-bakery }, expect: { score: 39.7 } }
  - { name: far, coupon: { merchantId: m-far, distanceMeters: 1000 }, expect: { score: 9 } }
  - { name: none of both, coupon: { merchantId: m-far }, expect: { score: 19.7 } }`,
};

const DEFAULTS = `
defaults:
  at: 2026-11-24 12:00 Europe/Berlin
  event: { timeZone: Europe/Berlin }
  coupon: { couponId: latte, merchantId: m-cafe, discountPercent: 20, distanceMeters: 300 }
examples:`;

const section = sectionOf(await readFile('rules/README.md', 'utf8'), 'Recipes');
const recipes = section.split(/^### /m).slice(1);
const titleOf = (recipe: string): string => recipe.split('\n')[0] ?? '';
const blocksOf = (recipe: string): string[] =>
  [...recipe.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text = '']) => text);

const withRules = recipes.filter((recipe) => blocksOf(recipe).length > 0);

it('are tried, each that has rules', () => {
  expect(withRules.map(titleOf)).toEqual(Object.keys(EXAMPLES));
});

it.each(withRules.map((recipe) => ({ title: titleOf(recipe), blocks: blocksOf(recipe) })))(
  '$title: does what it says',
  async ({ title, blocks }) => {
    const missing = ['version: "1"', ...(blocks.join('').includes('caps:') ? [] : ['caps: []'])];
    const parsed = parseRules([...missing, ...blocks].join('\n'));
    const read = readExamples(DEFAULTS + (EXAMPLES[title] ?? ''), () => ({ error: 'none' }));
    if (!parsed.ok || !read.ok) expect.fail(JSON.stringify(parsed.ok ? read : parsed));
    for (const example of read.examples)
      expect((await runExample(example, parsed.rules)).differences, example.name).toEqual([]);
  },
);
