/** A situation that stands alone in a file is written as an example’s, and says what it leaves open. */
import { describe, expect, it } from 'vitest';
import { readSituation, type LoadText } from '../../../../src/replay/examples/read-examples.ts';

const NOON = '2026-11-24T12:00:00Z';
const nothing: LoadText = () => ({ error: 'there is no such file' });

function read(text: string, at: string | undefined = NOON, loadText = nothing) {
  const situation = readSituation(text, loadText, at);
  return situation.ok ? situation : expect.fail(JSON.stringify(situation.problems));
}
function problemsOf(text: string, at?: string): readonly string[] {
  const situation = readSituation(text, nothing, at);
  if (situation.ok) return [];
  return situation.problems.map(
    ({ line, column, path, message }) => `${String(line)}:${String(column)} ${path}: ${message}`,
  );
}

describe('a situation', () => {
  it('needs neither a name nor an expectation', () => {
    const { given } = read('event: { userId: u-7 }');
    expect(given).toMatchObject({
      ...{ nowMs: Date.parse(NOON), event: { userId: 'u-7', trigger: 'enter' }, pushes: [] },
      ...{ maxEventAgeMs: 900_000, coupons: { coupons: [{ couponId: 'coupon-1' }] } },
    });
    expect(read('name: mine\nexpect: { rule: x }').given.nowMs).toBe(given.nowMs);
  });

  it('has its own moment before any other', () => {
    expect(read('at: 2026-11-25T12:00:00Z').given.nowMs).toBe(Date.parse('2026-11-25T12:00:00Z'));
  });

  it.each([
    ['event: {}', false, false],
    ['coupon: {}', true, false],
    ['coupons: []', true, false],
    ['pushes: []', false, true],
  ])('%s says of coupons %s, and of pushes %s', (text, hasCoupons, hasPushes) => {
    expect(read(text)).toMatchObject({ hasCoupons, hasPushes });
  });

  it('has merchants of a file beside it', () => {
    const file = '{"version":"1","merchants":[{"merchantId":"m-1","tier":"gold"}]}';
    const { given } = read('merchantsFile: m.json', NOON, (name) =>
      name === 'm.json' ? { text: file } : { error: 'no' },
    );
    expect(given.findMerchant('m-1')).toMatchObject({ tier: 'gold' });
  });
});

describe('what is wrong with it is told by line, column and field', () => {
  it.each([
    ['', '1:1 : the document is empty'],
    ['- event: {}', '1:1 : expected a situation (at, event, coupons, …), found a list'],
    ['noon', '1:1 : expected a situation (at, event, coupons, …), found "noon"'],
    ['evnt: {}', '1:1 evnt: unknown key "evnt", did you mean "event"?'],
    ['event: { latitude: 99 }', '1:20 event.latitude: expected −90…90, found 99'],
    ['pushes: [+1h]', '1:10 pushes[0]: a push that was sent before lies after the moment of the decision'],
    ['merchantsFile: m.json', '1:16 merchantsFile: m.json: there is no such file'],
    ['expect: { outcome: sent }', '1:20 expect.outcome: expected one of queued, filtered, found "sent"'],
  ])('%s', (text, problem) => {
    expect(problemsOf(text, NOON)).toEqual([problem]);
  });

  it('also what makes it no YAML', () => {
    expect(problemsOf('event: [', NOON)).toEqual([expect.stringMatching(/^1:8 : this "\[" is never closed/)]);
    expect(problemsOf('pushes: []\npushes: []', NOON)).toEqual([
      '2:1 pushes: the key "pushes" is there twice',
    ]);
  });

  it('also that no moment is said', () => {
    expect(problemsOf('event: {}')).toEqual([
      '1:1 : has no "at", and there is none in defaults: when is the event decided?',
    ]);
  });
});
