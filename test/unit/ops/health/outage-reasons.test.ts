import { expect, it } from 'vitest';
import { createOutageReasons } from '../../../../src/ops/health/outage-reasons.ts';

it('a service’s reason stands behind the colon until the service is there', () => {
  const outages = createOutageReasons();
  expect(outages.explain('redis is not reachable', 'redis')).toBe('redis is not reachable');
  outages.reporter('redis')('wrong password');
  outages.reporter('kafka')('no such host');
  expect(outages.explain('redis is not reachable', 'redis')).toBe('redis is not reachable: wrong password');
  expect(outages.reasonOf('kafka')).toBe('no such host');
  outages.reporter('redis')(undefined);
  expect(outages.reasonOf('redis')).toBeUndefined();
  expect(outages.reasonOf('kafka')).toBe('no such host');
});
