/**
 * What is kept of a push whose end is told: short, without a text, and told again in full. Records of the version before
 * are read in each of their states, and its pods read today's.
 */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClaims } from '../../../src/claims/claims.ts';
import { createDeliveries } from '../../../src/claims/deliveries.ts';
import { capSlices, historyMember, memberEvent } from '../../../src/claims/history-member.ts';
import { createKeyspace } from '../../../src/claims/keys.ts';
import { createUserReader, memberOfEvent } from '../../../src/claims/read-user.ts';
import { reportScript } from '../../../src/claims/scripts/report.ts';
import { shortMember, SHORT_MEMBER } from '../../../src/claims/short-form.ts';
import { createUserKeys } from '../../../src/claims/user-keys.ts';
import type { Cap } from '../../../src/domain/cap.ts';
import type { DeliveryOutcome, DeliveryStore } from '../../../src/domain/delivery.ts';
import type { EventRef } from '../../../src/domain/event.ts';
import type { PushEnvelope } from '../../../src/domain/push.ts';
import type { Claims } from '../../../src/pipeline/ports.ts';
import { closeRedis, type RedisClient } from '../../../src/redis/connection.ts';
import { scriptOn } from '../../../src/redis/script.ts';
import { claimOne, connectTestRedis, envelopeOf } from '../../support/claims/claims-harness.ts';
import { scriptsBefore, writeRecordBefore, type ScriptsBefore } from '../../support/claims/pod-before.ts';

const DAY_MS = 86_400_000;
const perMerchant: Cap = { per: 'user+merchant', max: 1, windowMs: DAY_MS };
const perCoupon: Cap = { per: 'user+coupon', max: 1, windowMs: DAY_MS };

let redis: RedisClient;
let options: { readonly redis: RedisClient; readonly prefix: string };
let claims: Claims;
/** Of a pod among pods of this version only, and of one beside a pod of the version before. */
let store: DeliveryStore;
let besideOlder: DeliveryStore;
let ref: EventRef;

beforeEach(async () => {
  redis = await connectTestRedis();
  options = { redis, prefix: `test-${randomUUID()}` };
  claims = createClaims(options);
  store = createDeliveries({ ...options, mayShorten: () => true });
  besideOlder = createDeliveries(options);
  ref = { userId: 'u-1', eventId: 'e-1' };
});
afterEach(() => closeRedis(redis));

const keysOf = (about: EventRef = ref) => createKeyspace(options.prefix).ofEvent(about);
const fieldsOf = (about: EventRef = ref) => redis.hgetall(keysOf(about)[0]);

function full(about: EventRef, more: Partial<PushEnvelope> = {}): PushEnvelope {
  const texts = { body: 'Only 120 m away', deepLink: 'app://coupons/c-1' };
  return { ...envelopeOf(about, texts), rulesHash: '0123456789ab', ...more };
}

/** What is told of it: all but its text, and its trace's parent where nobody traces it. */
function told({ push, source, rulesHash, traceparent, isTraced }: PushEnvelope) {
  const { userId, eventId, couponId, merchantId, rulesVersion } = push;
  return {
    ...{ push: { userId, eventId, couponId, merchantId, rulesVersion }, source },
    ...(rulesHash !== undefined && { rulesHash }),
    ...(isTraced === true && { traceparent, isTraced }),
  };
}

const claimWhole = (envelope: PushEnvelope, about: EventRef = ref, caps: readonly Cap[] = []) =>
  claims.claim({
    ...{ ref: about, caps, ttlMs: 1_800_000, acceptableUntilMs: Date.now() + 900_000 },
    candidates: [{ envelope, notAfterMs: undefined }],
  });

/** Claims it and brings it to its end, which is not told yet. */
async function end(outcome: DeliveryOutcome, envelope: PushEnvelope, about: EventRef = ref): Promise<void> {
  await claimWhole(envelope, about);
  await store.permit(about, 'token');
  const isKept = outcome === 'sent' || outcome === 'unknown' || outcome === 'dry_run';
  const ending = isKept ? await store.settle(about, 1, outcome) : await store.release(about, outcome, 1);
  expect(ending).toMatchObject({ kind: 'done', envelope });
}

async function deliver(eventId: string, push: Partial<PushEnvelope['push']> = {}): Promise<void> {
  const about = { ...ref, eventId };
  await end('sent', envelopeOf(about, push), about);
  await store.reported(about, 'r');
}

describe('a push whose end is told', () => {
  it.each(['sent', 'unknown', 'dry_run', 'rejected', 'expired', 'withdrawn'] as const)(
    'that is %s holds no text, is packed, and lives as long',
    async (outcome) => {
      const envelope = full(ref);
      await end(outcome, envelope);
      const livesMs = await redis.pttl(keysOf()[0]);
      expect(await store.reported(ref, 'r')).toBe(true);
      const left = JSON.stringify(await fieldsOf());
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
    expect(await createUserReader(options).event(about)).toEqual({
      ...{ state: 'unknown', envelope: told(envelope), attempts: 1, expiresAtMs: undefined, endedAtMs },
      isReported: true,
    });
    expect(await createUserKeys(redis, options.prefix).events(about.userId)).toEqual([about.eventId]);
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
    expect(JSON.parse((await fieldsOf())['p'] ?? '')).toEqual(full(ref));
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
    const [pushed] = await createUserReader(options).pushes(ref.userId);
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

  it('leaves a later version’s entry as it is', async () => {
    await end('sent', full(ref));
    const later = `${historyMember('e-1', full(ref).push)}twelve_more_`;
    await redis.hset(keysOf()[0], 'm', later);
    await redis.zadd(keysOf()[1], Date.now(), later);
    await store.reported(ref, 'r');
    expect(await redis.zrange(keysOf()[1], 0, '-1')).toContain(later);
  });
});

describe('a record of the version before', () => {
  const soon = () => Date.now() + 600_000;
  const write = (record: Parameters<typeof writeRecordBefore>[3]) =>
    writeRecordBefore(options, ref, full(ref), record);

  it('that is claimed is recalled, sent, told, and short then', async () => {
    await write({ state: 'claimed', expiresAtMs: soon() });
    expect(await claims.recall(ref, [])).toMatchObject({ undelivered: true, envelope: full(ref) });
    expect(await store.permit(ref, 't')).toMatchObject({ kind: 'granted', attempt: 1, envelope: full(ref) });
    expect(await store.settle(ref, 1, 'sent')).toMatchObject({ kind: 'done', envelope: full(ref) });
    expect(await store.reported(ref, 'r')).toBe(true);
    expect(await claims.recall(ref, [])).toMatchObject({ undelivered: false, envelope: told(full(ref)) });
  });

  it('that is being sent is known to its attempt, and settled by it', async () => {
    const sending = { state: 'sending', expiresAtMs: soon(), attempt: 2, permittedAtMs: Date.now() };
    await write({ ...sending, token: 'mine' });
    expect(await store.permit(ref, 'other')).toMatchObject({ kind: 'interrupted', attempt: 2 });
    expect(await store.permit(ref, 'mine')).toMatchObject({ kind: 'granted', attempt: 2 });
    expect(await store.settle(ref, 2, 'unknown')).toMatchObject({ kind: 'done', envelope: full(ref) });
  });

  it.each(['sent', 'unknown', 'dry_run', 'rejected', 'expired', 'withdrawn'])(
    'that is %s and not told is told in full, and short then',
    async (state) => {
      const endedAtMs = Date.now() - 5000;
      await write({ state, expiresAtMs: soon(), attempt: 1, permittedAtMs: endedAtMs - 9000, endedAtMs });
      const settled = { kind: 'settled', outcome: state, endedAtMs };
      expect(await store.permit(ref, 't')).toMatchObject({ ...settled, envelope: full(ref) });
      expect(await store.checkPending(ref)).toBe('over');
      expect(await store.reported(ref, 'r')).toBe(true);
      expect(await store.permit(ref, 't')).toEqual({ ...settled, envelope: told(full(ref)) });
    },
  );

  it('that is told is known as told, by its own reporter too', async () => {
    const endedAtMs = Date.now() - 5000;
    const reporter = randomUUID();
    await write({ state: 'sent', expiresAtMs: soon(), attempt: 1, endedAtMs, reporter });
    expect(await store.checkPending(ref)).toBe('reported');
    expect(await store.reported(ref, 'r')).toBe(false);
    expect(await claims.recall(ref, [])).toMatchObject({ undelivered: false, envelope: full(ref) });
  });
});

describe('a pod of the version before', () => {
  let older: ScriptsBefore;
  beforeEach(() => {
    older = scriptsBefore(redis);
  });

  it('sends and settles what a pod of this version has claimed', async () => {
    await claimWhole(full(ref));
    const [recalled, found] = (await older.recall(keysOf(), [])).slice(2) as [number, unknown[]];
    expect([recalled, ...found.slice(0, 2)]).toEqual([1, 'known', 'claimed']);
    expect(JSON.parse(String(found[2]))).toEqual(full(ref));
    expect((await older.isPending(keysOf(), []))[0]).toBe('pending');
    const granted = await older.permit(keysOf(), ['t']);
    expect(granted.slice(0, 2)).toEqual(['granted', 1]);
    expect((await older.settle(keysOf(), [1, 'sent'])).slice(0, 1)).toEqual(['done']);
    expect(await store.permit(ref, 'x')).toMatchObject({
      kind: 'settled',
      outcome: 'sent',
      envelope: full(ref),
    });
  });

  it('finds all of what was told beside it', async () => {
    await end('sent', full(ref));
    await besideOlder.reported(ref, 'r');
    const settled = await older.permit(keysOf(), ['t']);
    expect(settled.slice(0, 2)).toEqual(['settled', 'sent']);
    expect(JSON.parse(String(settled[2]))).toEqual(full(ref));
  });

  it('that comes back later pushes nothing twice and stops at nothing', async () => {
    await end('sent', full(ref));
    await store.reported(ref, 'r');
    const [, found] = (await older.recall(keysOf(), [])).slice(2) as [number, unknown[]];
    expect(found.slice(0, 2)).toEqual(['known', 'sent']);
    expect(JSON.parse(String(found[2]))).toEqual({ push: {} });
    expect((await older.claim(keysOf(), [60_000, 0, 0, '{}', '', 'x']))[0]).toBe('known');
    expect((await older.isPending(keysOf(), []))[0]).toBe('reported');
    expect((await older.permit(keysOf(), ['t'])).slice(0, 2)).toEqual(['settled', 'sent']);
    expect((await older.settle(keysOf(), [1, 'unknown'])).slice(0, 2)).toEqual(['settled', 'sent']);
    expect((await older.retreat(keysOf(), [1])).slice(0, 2)).toEqual(['settled', 'sent']);
    expect((await older.release(keysOf(), ['withdrawn', ''])).slice(0, 2)).toEqual(['settled', 'sent']);
    expect(await older.sweep(keysOf(), [60_000, memberEvent('e-1')])).toEqual(['reported']);
  });

  it('keeps caps too strictly by what is short, and never breaks one', async () => {
    await deliver('e-1', { merchantId: 'm-1', couponId: 'c-1' });
    const claim = (merchantId: string, max: number) =>
      older.claim(createKeyspace(options.prefix).ofEvent({ ...ref, eventId: 'e-2' }), [
        ...[60_000, 0, 1, capSlices('user+merchant'), max, DAY_MS],
        ...['{}', '', historyMember('e-2', { merchantId, couponId: 'c-2' })],
      ]);
    expect((await claim('m-1', 1))[0]).toBe('no_room');
    expect((await claim('m-2', 1))[0]).toBe('no_room');
    expect((await claim('m-2', 2))[0]).toBe('claimed');
  });
});
