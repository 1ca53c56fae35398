/** A failing rule is logged by its id, and does not flood the log. */
import { expect, it } from 'vitest';
import { createLedger } from '../../../src/telemetry/ledger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { withRuleFaults } from '../../../src/telemetry/rule-faults.ts';
import { silentLogger } from '../../support/silent-logger.ts';

it('is said once a minute a rule, and counted every time', () => {
  const said: unknown[] = [];
  let nowMs = 0;
  const metrics = createMetrics();
  const clock = { now: () => nowMs, sleep: () => Promise.resolve() };
  const meter = withRuleFaults(
    createLedger(metrics),
    { ...silentLogger, warn: (fields) => said.push(fields) },
    clock,
  );
  for (const at of [0, 1000, 59_999, 60_000]) {
    nowMs = at;
    meter.ruleExcluded({ couponId: 'c', rule: 'broken', error: 'no such overload' }, 'v1');
    meter.ruleExcluded({ couponId: 'c', rule: 'fine' }, 'v1');
  }
  expect(said).toEqual([
    { rule: 'broken', rulesVersion: 'v1', error: 'no such overload' },
    { rule: 'broken', rulesVersion: 'v1', error: 'no such overload' },
  ]);
  expect(metrics.drain().counters).toContainEqual({
    name: 'rule.errors',
    tags: [
      ['rule', 'broken'],
      ['rules_version', 'v1'],
    ],
    value: 4,
  });
});
