/** What is left of the error budgets. Of the last hour, which is all that pods know of; a month's is on the dashboards. */
import { BUDGET_SHARE, LATE_AFTER_MS } from '../../../domain/objectives.ts';
import { decidedOf } from '../counters.ts';
import { count, counted, duration, exactShare, share } from '../words.ts';
import type { Figures } from './figures.ts';
import type { Fact } from './shape.ts';

/** A budget that is used so many times as fast as it may be is gone in two days of a month: it pages. */
const PAGING_RATE = 14.4;

const LIMIT = duration(LATE_AFTER_MS / 1000);

export function objectiveFacts({ hour }: Figures): Fact[] {
  const undelivered = hour['delivered.rejected'] + hour['delivered.expired'] + hour['delivered.unknown'];
  return [
    budgetOf(
      'Decided in time',
      hour.late,
      decidedOf(hour),
      (all) => `${counted(all, 'event')} within ${LIMIT}`,
    ),
    budgetOf('Pushes delivered', undelivered, hour['delivered.sent'] + undelivered, (all) =>
      counted(all, 'push', 'pushes'),
    ),
    {
      name: 'Promises broken',
      value: hour.breaches === 0 ? 'none' : `${count(hour.breaches)} times`,
      detail:
        hour.breaches === 0
          ? 'none may be'
          : 'Redis lost claims, or Kafka deleted events that nobody had read',
      tone: hour.breaches === 0 ? 'good' : 'bad',
    },
  ];
}

function budgetOf(name: string, bad: number, all: number, told: (all: number) => string): Fact {
  const objective = `objective ${share(1 - BUDGET_SHARE, 1)}`;
  if (all === 0) return { name, value: '–', detail: `nothing to judge yet; ${objective}`, tone: 'quiet' };
  const used = bad / all / BUDGET_SHARE;
  return {
    name,
    value: used >= 1 ? 'budget used up' : `${share(1 - used, 1)} of the budget left`,
    detail: `${exactShare(all - bad, all)} of ${told(all)}; ${objective}`,
    tone: used >= PAGING_RATE ? 'bad' : used >= 1 ? 'watch' : 'good',
  };
}
