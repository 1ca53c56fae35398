/** A file of examples as a whole: what is no example, where a problem of a table stands, and what is read once. */
import { describe, expect, it } from 'vitest';
import { exampleFile, examplesOf, problemsOf } from './examples.ts';

describe('a file', () => {
  it.each([
    ['~', '1:1 : expected a file with examples, found nothing'],
    ['3', '1:1 : expected a file with examples, found 3'],
    ['examples: [~]', '1:12 examples[0]: expected an example (name, …, expect), found nothing'],
    ['examples: [[]]', '1:12 examples[0]: expected an example (name, …, expect), found an empty list'],
    ['defaults: 3\nexamples: []', '1:11 defaults: expected a section of keys, found 3'],
    [
      'defaults: { event: { trigger: entre } }\nexamples: []',
      '1:31 defaults.event.trigger: expected one of enter, dwell, exit, found "entre"',
    ],
    ['examples: ~', '1:11 examples: expected a list of examples, found nothing'],
    [
      'examples: [{ name: 3, expect: { rule: x }, at: 2026-11-24T12:00:00Z }]',
      '1:20 examples[0].name: expected a text, found 3',
    ],
  ])('%s', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it('tells of a value that lacks its quotes once, and of what else is wrong', () => {
    const [quotes, z, ...more] = problemsOf(exampleFile('event:\n  accuracyMeters: @5\n  z: 1'));
    expect(quotes).toMatch(/^7:\d+ .*quotes/);
    expect(z).toMatch(/^8:\d+ examples\[0\]\.event\.z: unknown key/);
    expect(more).toEqual([]);
  });

  it('tells fifty problems at most, in the order of reading', () => {
    const wrong = Array.from({ length: 60 }, () => '- 3').join('\n');
    const problems = problemsOf(`examples:\n${wrong}`);
    expect(problems).toHaveLength(50);
    expect(problems[49]).toMatch(/^51:3 examples\[49\]: /);
  });

  it('of merchants is read once for all examples that name it', () => {
    let asked = 0;
    const load = () => {
      asked += 1;
      return { text: '{"version":"1","merchants":[{"merchantId":"m-1"}]}' };
    };
    const two = `${exampleFile('', 'merchantsFile: m.json')}  - name: two\n    expect: { outcome: queued }\n`;
    const examples = examplesOf(two, load);
    expect(examples.map(({ given }) => given.findMerchant('m-1')?.active)).toEqual([true, true]);
    expect(asked).toBe(1);
  });
});

describe('a table', () => {
  const table = (rows: string, lines: string): string =>
    exampleFile(`each:\n${rows.replaceAll(/^/gm, '  - ')}\n${lines}`);

  it('has rows whose problems are told where they stand', () => {
    expect(problemsOf(table('{ a: 1 }\n3', 'coupon: { title: <a> }'))).toEqual([
      '8:9 examples[0].each[1]: expected a row such as { hour: "11:59", outcome: filtered }, found 3',
    ]);
    expect(problemsOf(table('{ a: 1 }\n{ a: [1] }', 'coupon: { title: <a> }'))).toEqual([
      '8:14 examples[0].each[1].a: expected a text, a number, true, false or ~, found a list: one value stands here, without "-" or [ ]',
    ]);
  });

  it('of one column fills what stands alone with its value, and nothing else', () => {
    const [one, two] = examplesOf(
      table(
        '{ on: true, km: 3 }\n{ on: ~, km: ~ }',
        'event: { pushConsent: <on>, accuracyMeters: ~ }\ncoupon: { title: "at <km> km, <on>", discountPercent: 5 }\npushes: [{ at: -1h, couponId: "c <km>" }]',
      ),
    );
    expect(one?.given).toMatchObject({
      event: { pushConsent: true },
      coupons: { coupons: [{ title: 'at 3 km, true', discountPercent: 5 }] },
      pushes: [{ couponId: 'c 3' }],
    });
    expect(two?.given).toMatchObject({ coupons: { coupons: [{ title: 'at – km, –' }] } });
    expect([one?.name, two?.name]).toEqual(['one (on true, km 3)', 'one (on –, km –)']);
  });

  it('whose row lacks a column leaves that field to the defaults', () => {
    const text = exampleFile(
      'each: [{ on: a, m: 5 }, { on: b }]\nevent: { accuracyMeters: <m> }\ncoupon: { title: <on> }',
      'event: { accuracyMeters: 20 }',
    );
    expect(examplesOf(text).map(({ given }) => given.event.accuracyMeters)).toEqual([5, 20]);
  });

  it('names the place of what is asked for and not there, in lists too', () => {
    expect(problemsOf(table('{ a: x }', 'coupons: [{ title: <a> }, { title: <b> }]'))).toEqual([
      '8:40 examples[0].coupons[1].title: no row of "each" has "b"; there are a',
    ]);
  });

  it('puts a problem of the example itself where the example has it', () => {
    expect(problemsOf(table('{ a: x }', 'coupon: { title: <a>, body: 3 }'))).toEqual([
      '8:33 examples[0].coupon.body: expected a text, found 3',
    ]);
    expect(problemsOf(table('{ a: x }\n{ a: y }', 'coupon: { title: <a> }\npushes: [+1h]'))).toEqual([
      '10:14 examples[0].pushes[0]: a push that was sent before lies after the moment of the decision',
    ]);
  });

  it('tells of a case without a moment where its row stands', () => {
    const text = 'examples:\n  - name: a <x>\n    expect: { title: <x> }\n    each:\n      - { x: one }\n';
    expect(problemsOf(text)).toEqual([expect.stringMatching(/^5:9 examples\[0\]\.each\[0\]: has no "at"/)]);
  });
});
