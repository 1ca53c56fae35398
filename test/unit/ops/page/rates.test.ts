/** A pace is that of the last ten seconds. */
import { expect, it } from 'vitest';
import { createRates } from '../../../../src/ops/page/rates.ts';
import { counts } from './example-fleet.ts';

it('is nothing at the first look, and what came since at the second', () => {
  const rates = createRates();
  expect(rates.look(0, counts({ received: 500 })).received).toBe(0);
  expect(rates.look(2000, counts({ received: 600 })).received).toBe(50);
});

it('follows a stop within ten seconds, whatever the pods did before', () => {
  const rates = createRates();
  for (let second = 0; second <= 60; second += 1)
    rates.look(second * 1000, counts({ received: second * 100 }));
  const stopped = counts({ received: 6000 });
  let pace = -1;
  for (let second = 61; second <= 71; second += 1) pace = rates.look(second * 1000, stopped).received;
  expect(pace).toBe(0);
});

it('keeps few looks, however often somebody looks: the pace is then that of a shorter time', () => {
  const rates = createRates();
  let pace = -1;
  for (let at = 0; at <= 20_000; at += 1) {
    pace = rates.look(at, counts({ received: Math.max(0, at - 19_000) })).received;
  }
  expect(pace).toBe(1000);
});
