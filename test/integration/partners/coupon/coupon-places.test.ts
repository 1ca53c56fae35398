/** When an event that asks for coupons has a place among the events at work, and when it is another's. */
import { expect, test } from 'vitest';
import type { TokenSource } from '../../../../src/partners/auth/token-source.ts';
import type { CouponAnswer } from '../../../../src/pipeline/ports.ts';
import type { Ownership } from '../../../../src/domain/ownership.ts';
import type { Behaviour } from '../../../support/partners/http-stub.ts';
import { ownershipOf } from '../../../support/kafka/ownership-of.ts';
import { couponQuery, until } from '../../../support/partners/partner-fakes.ts';
import { some, useCouponRig } from './coupon-rig.ts';

const rig = useCouponRig(20_000);

function holdWithPlace(): Ownership & { readonly isParked: () => boolean } {
  let parked = false;
  return {
    ...ownershipOf(new AbortController().signal),
    park: () => (parked = true),
    unpark: () => (parked = false),
    isParked: () => parked,
  };
}

function find(userId: string, ownership: Ownership = holdWithPlace()): Promise<CouponAnswer> {
  const answer = rig.api.find(couponQuery({ userId }, 600_000), ownership);
  answer.catch(() => undefined);
  return answer;
}

/** The server answers when it is told to, each call by itself. */
function keepCalls() {
  const kept: ((behaviour: Behaviour) => void)[] = [];
  rig.stub.script(() => new Promise<Behaviour>((resolve) => kept.push(resolve)));
  return {
    answer: async (behaviour: Behaviour): Promise<void> => {
      await until(() => kept.length > 0);
      kept.shift()?.(behaviour);
    },
    calls: () => rig.stub.requests.length,
  };
}

test('between two tries none, while it calls one', async () => {
  const server = keepCalls();
  const ownership = holdWithPlace();
  const answer = find('u', ownership);
  await until(() => server.calls() === 1);
  expect(ownership.isParked()).toBe(false);
  await server.answer({ status: 503, headers: { 'retry-after': '1' } });
  await until(() => ownership.isParked());
  expect(rig.api.stats().pausing).toBe(1);
  await until(() => server.calls() === 2);
  expect(ownership.isParked()).toBe(false);
  await server.answer(some);
  expect(await answer).toMatchObject({ kind: 'coupons' });
  expect(ownership.isParked()).toBe(false);
});

test('in a pool that is merely full it keeps its place: that is the pace of the API', async () => {
  rig.build({ concurrency: 1 });
  const server = keepCalls();
  void find('first');
  await until(() => server.calls() === 1);
  const ownership = holdWithPlace();
  const second = find('second', ownership);
  await until(() => rig.api.stats().waiting === 1);
  expect(ownership.isParked()).toBe(false);
  await server.answer(some);
  await server.answer(some);
  expect(await second).toMatchObject({ kind: 'coupons' });
});

test('while the breaker is open none, whether it came before or after', async () => {
  rig.build({ concurrency: 32 });
  rig.stub.script({ status: 503 });
  const holds = Array.from({ length: 60 }, holdWithPlace);
  const answers = holds.map((ownership, n) => find(`u-${String(n)}`, ownership));
  await until(() => rig.api.stats().breaker === 'open' && rig.api.stats().inFlight === 0);
  const late = holdWithPlace();
  answers.push(find('late', late));
  expect([...holds, late].filter((ownership) => !ownership.isParked())).toEqual([]);
  rig.stub.script(some);
  expect((await Promise.all(answers)).every(({ kind }) => kind === 'coupons')).toBe(true);
  expect([...holds, late].filter((ownership) => ownership.isParked())).toEqual([]);
});

test('while it waits for a token none', async () => {
  let current: string | undefined = undefined as string | undefined;
  const granted = Promise.withResolvers<string>();
  const tokens: TokenSource = {
    start: () => undefined,
    current: () => current,
    token: () => granted.promise,
    renew: () => Promise.resolve(undefined),
    worked: () => undefined,
    hasValidToken: () => current !== undefined,
    lastError: () => undefined,
    stop: () => undefined,
  };
  rig.build({ tokens });
  const server = keepCalls();
  const ownership = holdWithPlace();
  const answer = find('u', ownership);
  await until(() => ownership.isParked());
  current = 'token';
  granted.resolve('token');
  await until(() => server.calls() === 1);
  expect(ownership.isParked()).toBe(false);
  await server.answer(some);
  expect(await answer).toMatchObject({ kind: 'coupons' });
});
