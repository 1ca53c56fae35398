/** What is told of events that wait. */
import { expect, it } from 'vitest';
import { createWaits } from '../../../../src/ops/health/waits.ts';

it('an ordinary acknowledgement is none worth a name; a late one is, and one that has failed at once', () => {
  const waits = createWaits();
  const [ordinary, late, failing] = [
    waits.begin('outcome topic', 10_000),
    waits.begin('outcome topic', 4000),
    waits.begin('redis', 9900),
  ];
  expect(waits.list(10_100)).toEqual([{ for: 'outcome topic', events: 1, oldestSeconds: 6.1 }]);
  failing.failed();
  expect(waits.list(10_100)).toEqual([
    { for: 'outcome topic', events: 1, oldestSeconds: 6.1 },
    { for: 'redis', events: 1, oldestSeconds: 0.2 },
  ]);
  // Only what has failed is known to be away.
  expect(waits.services()).toEqual(['redis']);
  for (const wait of [ordinary, late, failing]) wait.end();
  expect(waits.list(60_000)).toEqual([]);
  expect(waits.services()).toEqual([]);
});

it('counts events by what they wait for, and each turn as a sign of life', () => {
  const waits = createWaits();
  const many = Array.from({ length: 50 }, (_, n) => waits.begin('dead-letter topic', n * 1000));
  for (const wait of many) wait.failed();
  expect(waits.turned()).toBe(50);
  expect(waits.list(100_000)).toEqual([{ for: 'dead-letter topic', events: 50, oldestSeconds: 100 }]);
  many[0]?.end();
  expect(waits.list(100_000)).toEqual([{ for: 'dead-letter topic', events: 49, oldestSeconds: 99 }]);
});
