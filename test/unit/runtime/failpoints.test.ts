/** A test finds each failpoint by its name, and hears whose event passes it. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, test, vi } from 'vitest';
import { failpointChannel, FAILPOINTS, passFailpoint } from '../../../src/runtime/failpoints.ts';

test.each(FAILPOINTS)('who listens to %s hears of what passes it, and of nothing else', (name) => {
  const heard = vi.fn();
  const listen = (about: unknown): void => {
    heard(about);
  };
  subscribe(`coupon_notifier.${name}`, listen);
  const about = { userId: 'u-1', eventId: 'e-1' };
  for (const passed of FAILPOINTS) passFailpoint(passed, passed === name ? about : {});
  passFailpoint(name);
  unsubscribe(failpointChannel(name), listen);
  passFailpoint(name, about);
  expect(heard.mock.calls).toEqual([[about], [undefined]]);
});
