/** What the page says is left of the error budgets. */
import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../../../src/ops/page/view/figures.ts';
import { objectiveFacts } from '../../../../src/ops/page/view/objectives.ts';
import { fleet, hourOf } from './example-fleet.ts';

/** Value, detail and tone of each. Numbers and their units are kept together by another space. */
function told(changes: Parameters<typeof hourOf>[0]): unknown[] {
  const facts = objectiveFacts(figuresOf(fleet([{}], { hour: hourOf(changes) })));
  const plain = (text: string): string => text.replaceAll('\u00A0', ' ');
  return facts.map(({ value, detail, tone }) => [plain(value), plain(detail), tone]);
}

describe('objectives', () => {
  const kept = ['none', 'none may be', 'good'];

  it('say what is left of the hour’s budgets', () => {
    const hour = { queued: 900, 'filtered.stale': 100, late: 4, 'delivered.sent': 997 };
    expect(
      told({ ...hour, 'delivered.unknown': 1, 'delivered.expired': 1, 'delivered.rejected': 1 }),
    ).toEqual([
      ['60 % of the budget left', '99.6 % of 1,000 events within 5 s; objective 99 %', 'good'],
      ['70 % of the budget left', '99.7 % of 1,000 pushes; objective 99 %', 'good'],
      kept,
    ]);
  });

  it('withdrawn pushes and dry runs are neither good nor bad', () => {
    const [, pushes] = told({ 'delivered.withdrawn': 50, 'delivered.dry_run': 9 });
    expect(pushes).toEqual(['–', 'nothing to judge yet; objective 99 %', 'quiet']);
  });

  it('a budget that is used up is seen, and one that goes as fast as pages is bad', () => {
    expect(told({ queued: 1000, late: 9 })[0]).toMatchObject([
      '10 % of the budget left',
      expect.anything(),
      'good',
    ]);
    expect(told({ queued: 1000, late: 10 })[0]).toMatchObject(['budget used up', expect.anything(), 'watch']);
    expect(told({ queued: 1000, late: 143 })[0]).toMatchObject([
      'budget used up',
      expect.anything(),
      'watch',
    ]);
    expect(told({ queued: 1000, late: 145 })[0]).toMatchObject(['budget used up', expect.anything(), 'bad']);
  });

  it('a promise that may be broken is bad', () => {
    expect(told({ breaches: 3 })[2]).toEqual([
      '3 times',
      'Redis lost claims, or Kafka deleted events that nobody had read',
      'bad',
    ]);
  });
});
