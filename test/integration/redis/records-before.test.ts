/**
 * A deployment that rolls: records of the version before are read in each of their states, and its pods read today's.
 */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { capSlices, historyMember, memberEvent } from '../../../src/claims/history-member.ts';
import type { DeliveryStore } from '../../../src/domain/delivery.ts';
import type { Claims } from '../../../src/pipeline/ports.ts';
import { scriptsBefore, writeRecordBefore, type ScriptsBefore } from '../../support/claims/pod-before.ts';
import { full, openToldWorld, ref, told, type ToldWorld } from '../../support/claims/told-world.ts';

const DAY_MS = 86_400_000;

let world: ToldWorld;
let claims: Claims;
let store: DeliveryStore;
let besideOlder: DeliveryStore;
let keysOf: ToldWorld['keysOf'];
let claimWhole: ToldWorld['claimWhole'];
let end: ToldWorld['end'];
let deliver: ToldWorld['deliver'];
beforeEach(async () => {
  world = await openToldWorld();
  ({ claims, store, besideOlder, keysOf, claimWhole, end, deliver } = world);
});
afterEach(() => world.close());

describe('a record of the version before', () => {
  const soon = () => Date.now() + 600_000;
  const write = (record: Parameters<typeof writeRecordBefore>[3]) =>
    writeRecordBefore(world, ref, full(ref), record);

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
    older = scriptsBefore(world.redis);
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
      older.claim(keysOf({ ...ref, eventId: 'e-2' }), [
        ...[60_000, 0, 1, capSlices('user+merchant'), max, DAY_MS],
        ...['{}', '', historyMember('e-2', { merchantId, couponId: 'c-2' })],
      ]);
    expect((await claim('m-1', 1))[0]).toBe('no_room');
    expect((await claim('m-2', 1))[0]).toBe('no_room');
    expect((await claim('m-2', 2))[0]).toBe('claimed');
  });
});
