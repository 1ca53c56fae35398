/** What is kept of a push whose end is told: short, without a text, and told again in full. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createRestore,
  forgottenField,
  forgottenKey,
  forgottenValue,
} from '../../../src/claims/forgotten.ts';
import { historyMember, memberEvent } from '../../../src/claims/history-member.ts';
import { createUserReader, memberOfEvent } from '../../../src/claims/read-user.ts';
import { reportScript } from '../../../src/claims/scripts/report.ts';
import { shortMember, SHORT_MEMBER } from '../../../src/claims/short-form.ts';
import { createUserKeys } from '../../../src/claims/user-keys.ts';
import type { Cap } from '../../../src/domain/cap.ts';
import type { DeliveryStore } from '../../../src/domain/delivery.ts';
import type { PushEnvelope } from '../../../src/domain/push.ts';
import type { Claims } from '../../../src/pipeline/ports.ts';
import type { RedisClient } from '../../../src/redis/connection.ts';
import { scriptOn } from '../../../src/redis/script.ts';
import { claimOne, envelopeOf } from '../../support/claims/claims-harness.ts';
import { full, openToldWorld, ref, told, type ToldWorld } from '../../support/claims/told-world.ts';

const DAY_MS = 86_400_000;
const perMerchant: Cap = { per: 'user+merchant', max: 1, windowMs: DAY_MS };
const perCoupon: Cap = { per: 'user+coupon', max: 1, windowMs: DAY_MS };

let world: ToldWorld;
let redis: RedisClient;
let claims: Claims;
let store: DeliveryStore;
let besideOlder: DeliveryStore;
let keysOf: ToldWorld['keysOf'];
let claimWhole: ToldWorld['claimWhole'];
let end: ToldWorld['end'];
let deliver: ToldWorld['deliver'];
beforeEach(async () => {
  world = await openToldWorld();
  ({ redis, claims, store, besideOlder, keysOf, claimWhole, end, deliver } = world);
});
afterEach(() => world.close());

describe('a push whose end is told', () => {
  it.each(['sent', 'unknown', 'dry_run', 'rejected', 'expired', 'withdrawn'] as const)(
    'that is %s holds no text, is packed, and lives as long',
    async (outcome) => {
      const envelope = full(ref);
      expect(await end(outcome, envelope)).toMatchObject({ kind: 'done', envelope });
      const livesMs = await redis.pttl(keysOf()[0]);
      expect(await store.reported(ref, 'r')).toBe(true);
      const left = JSON.stringify(await redis.hgetall(keysOf()[0]));
      for (const text of [envelope.push.title, envelope.push.body, envelope.push.deepLink, 'traceparent'])
        expect(left).not.toContain(text);
      expect(left).not.toContain(envelope.traceparent);
      expect(await redis.object('ENCODING', keysOf()[0])).toMatch(/ziplist|listpack/);
      expect(await redis.memory('USAGE', keysOf()[0], 'SAMPLES', 0)).toBeLessThan(400);
      expect(livesMs - (await redis.pttl(keysOf()[0]))).toBeLessThan(2000);
    },
  );

  it.each([
    ['as it usually is', {}, {}],
    [
      'whose id is its place',
      { eventId: 'a-topic-1-of-3-41-0' },
      { source: { topic: 'a-topic-1-of', partition: 3, offset: '41', index: 0 } },
    ],
    ['traced', {}, { isTraced: true as const }],
    ['of an older version, without a hash of its rules', {}, { rulesHash: undefined }],
    ['of odd ids', { eventId: 'Straße }{ 🦊 "e" \\', userId: 'u }{ ü' }, {}],
    ['of ids that don’t fit into a packed hash', { eventId: 'e'.repeat(128) }, {}],
  ])('%s is told again in full, whoever asks', async (_what, ids, more) => {
    const about = { ...ref, ...ids };
    const { rulesHash, ...rest } = full(about, more as Partial<PushEnvelope>);
    const envelope = { ...rest, ...(rulesHash !== undefined && { rulesHash }) };
    await end('unknown', envelope, about);
    const before = await store.permit(about, 'late');
    if (before.kind !== 'settled') expect.fail(before.kind);
    const { endedAtMs } = before;
    await store.reported(about, 'r');
    const settled = { kind: 'settled', outcome: 'unknown', envelope: told(envelope), endedAtMs };
    expect(await store.permit(about, 'later')).toEqual(settled);
    expect(await store.takeOver(about, 1, 'later')).toEqual(settled);
    expect(await store.settle(about, 1, 'sent')).toEqual(settled);
    expect(await store.settle(about, 1, 'unknown')).toEqual({
      ...{ kind: 'done', envelope: told(envelope), endedAtMs },
    });
    expect(await store.retreat(about, 1)).toEqual(settled);
    expect(await store.release(about, 'withdrawn')).toEqual(settled);
    expect(await store.checkPending(about)).toBe('reported');
    const known = { kind: 'known', undelivered: false, envelope: told(envelope) };
    expect(await claims.recall(about, [])).toMatchObject(known);
    expect(await claimWhole(full(about), about)).toMatchObject(known);
    expect(await createUserReader(world).event(about)).toEqual({
      ...{ state: 'unknown', envelope: told(envelope), attempts: 1, expiresAtMs: undefined, endedAtMs },
      isReported: true,
    });
    expect(await createUserKeys(world.redis, world.prefix).events(about.userId)).toEqual([about.eventId]);
  });

  it('is counted by the reporter who was first, also after a lost reply', async () => {
    await end('sent', full(ref));
    expect(await store.reported(ref, 'a')).toBe(true);
    expect(await store.reported(ref, 'a')).toBe(true);
    expect(await store.reported(ref, 'b')).toBe(false);
  });

  it('stays whole while it has no end, whoever says that it was told', async () => {
    await claimWhole(full(ref));
    await store.permit(ref, 'token');
    await store.reported(ref, 'r');
    expect(await store.permit(ref, 'token')).toMatchObject({ kind: 'granted', envelope: full(ref) });
  });

  it('stays long while a pod of the version before lives', async () => {
    await end('sent', full(ref));
    await besideOlder.reported(ref, 'r');
    expect(JSON.parse((await redis.hgetall(keysOf()[0]))['p'] ?? '')).toEqual(full(ref));
    expect(await redis.zrange(keysOf()[1], 0, '-1')).toEqual([historyMember('e-1', full(ref).push)]);
  });

  it.each(['DEL', 'ZREM', 'PEXPIRE', 'PTTL', 'ZSCORE'])(
    'stays as it was where Redis refuses %s, and is told all the same',
    async (command) => {
      await end('sent', full(ref));
      // Before the first command that it refuses nothing is taken away, so it comes to the same as a right taken away.
      const lua = reportScript.lua.replaceAll(`'${command}'`, `'NOT-${command}'`);
      expect(lua).not.toBe(reportScript.lua);
      const report = scriptOn(redis, { ...reportScript, name: `refused_${command}`, lua });
      expect(await report(keysOf(), ['r', 'short', ''])).toEqual(['first']);
      expect(await redis.zcard(keysOf()[1])).toBe(1);
      const kept = await store.permit(ref, 'late');
      expect(kept).toMatchObject({ kind: 'settled', outcome: 'sent', envelope: told(full(ref)) });
      expect(await redis.pttl(keysOf()[0])).toBeGreaterThan(DAY_MS);
    },
  );
});

describe('a history of told pushes', () => {
  it('takes 13 bytes a push, beside its time, in which it says the same as before', async () => {
    await deliver('e-1', { merchantId: 'm-1', couponId: 'c-1' });
    const [member, at] = await redis.zrangeBuffer(keysOf()[1], 0, '-1', 'WITHSCORES');
    expect(member).toHaveLength(SHORT_MEMBER);
    expect(SHORT_MEMBER).toBe(13);
    const long = historyMember('e-1', { merchantId: 'm-1', couponId: 'c-1' });
    expect(member?.toString('latin1')).toBe(shortMember(long));
    expect(shortMember(memberEvent('e-1')).slice(0, 3)).toBe(memberOfEvent('e-1'));
    const [pushed] = await createUserReader(world).pushes(ref.userId);
    expect(pushed).toEqual({ member: shortMember(long), event: memberOfEvent('e-1'), atMs: Number(at) });
    expect(await redis.pttl(keysOf()[1])).toBeGreaterThan(30 * DAY_MS);
  });

  it('counts by merchant and coupon, with what is not told yet, and never another’s', async () => {
    await deliver('e-1', { merchantId: 'm-1', couponId: 'c-1' });
    const about = { ...ref, eventId: 'e-2' };
    const claim = (push: Partial<PushEnvelope['push']>, caps: readonly Cap[]) =>
      claimOne({ claims }, about, caps, { push });
    expect(await claim({ merchantId: 'm-1', couponId: 'c-2' }, [perMerchant])).toMatchObject({
      kind: 'no_room',
    });
    expect(await claim({ merchantId: 'm-2', couponId: 'c-1' }, [perCoupon])).toMatchObject({
      kind: 'no_room',
    });
    const two = [perCoupon, { ...perMerchant, max: 2 }];
    expect(await claim({ merchantId: 'm-1', couponId: 'c-2' }, two)).toMatchObject({ kind: 'claimed' });
    const third = (push: Partial<PushEnvelope['push']>) =>
      claimOne({ claims }, { ...ref, eventId: 'e-3' }, two, { push });
    expect(await third({ merchantId: 'm-1', couponId: 'c-3' })).toMatchObject({ kind: 'no_room', cap: 1 });
    expect(await third({ merchantId: 'm-2', couponId: 'c-3' })).toMatchObject({ kind: 'claimed' });
  });

  it('loses none whose short form another one has', async () => {
    const long = historyMember('e-1', envelopeOf(ref).push);
    await redis.zadd(keysOf()[1], Date.now() - 1000, Buffer.from(shortMember(long), 'latin1'));
    await deliver('e-1');
    expect(await redis.zcard(keysOf()[1])).toBe(2);
    const once: Cap = { per: 'user+merchant', max: 2, windowMs: DAY_MS };
    expect(await claimOne({ claims }, { ...ref, eventId: 'e-2' }, [once])).toMatchObject({ kind: 'no_room' });
  });

  it('comes back byte by byte to a user who was forgotten', async () => {
    for (let at = 0; at < 20; at += 1) await deliver(`e-${String(at)}`);
    const [, history] = keysOf();
    const before = await redis.zrangeBuffer(history, 0, '-1', 'WITHSCORES');
    const value = forgottenValue(await createUserReader(world).pushes(ref.userId), null);
    await redis.hset(forgottenKey(world.prefix), forgottenField(ref.userId), value);
    await redis.del(history);
    await createRestore(redis, world.prefix)(ref);
    expect(await redis.zrangeBuffer(history, 0, '-1', 'WITHSCORES')).toEqual(before);
    expect(before).toHaveLength(40);
  });

  it('leaves a later version’s entry as it is', async () => {
    await end('sent', full(ref));
    const later = `${historyMember('e-1', full(ref).push)}twelve_more_`;
    await redis.hset(keysOf()[0], 'm', later);
    await redis.zadd(keysOf()[1], Date.now(), later);
    await store.reported(ref, 'r');
    expect(await redis.zrange(keysOf()[1], 0, '-1')).toContain(later);
  });
});
