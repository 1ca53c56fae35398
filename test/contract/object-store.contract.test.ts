/** What a document's history asks of a bucket, of S3 and of the one in memory: conditions hold, and a listing is whole. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createObjectStore, type ObjectStore } from '../../src/documents/object-store.ts';
import { createS3 } from '../../src/documents/s3-client.ts';
import { createMemoryStore } from '../support/documents/memory-store.ts';

const isInMemoryOnly = process.env['CONTRACT_ADAPTERS'] === 'in memory';
const s3 = isInMemoryOnly ? undefined : createS3({ endpoint: process.env['S3_ENDPOINT'] });
afterAll(() => s3?.destroy());

const stores: readonly (readonly [string, () => ObjectStore])[] = [
  ['in memory', createMemoryStore],
  ...(s3 === undefined ? [] : [['in S3', () => createObjectStore(s3, inject('bucket'))] as const]),
];

describe.each(stores)('an object store %s', (_name, open) => {
  let store: ObjectStore;
  let prefix: string;
  beforeEach(() => {
    store = open();
    prefix = `object-store/${randomUUID()}/`;
  });
  const bytes = (text: string): Uint8Array => Buffer.from(text);

  it('reads what was written, to the byte', async () => {
    const key = `${prefix}a.yaml.history/000001-ä b.json`;
    expect(await store.read(key)).toBeUndefined();
    const content = Buffer.from([0, 255, 13, 10]);
    const written = await store.write(key, content, { ifNoneMatch: '*' });
    const read = await store.read(key);
    expect([...(read?.bytes ?? [])]).toEqual([...content]);
    expect(written).toEqual({ kind: 'written', etag: read?.etag });
    expect(read?.modifiedAtMs).toBeGreaterThan(Date.parse('2026-01-01'));
  });

  it('writes only where there is nothing, or over the ETag that is there', async () => {
    const key = `${prefix}a`;
    const first = await store.write(key, bytes('1'), { ifNoneMatch: '*' });
    expect(await store.write(key, bytes('2'), { ifNoneMatch: '*' })).toEqual({ kind: 'conflict' });
    expect(await store.write(key, bytes('1'), { ifNoneMatch: '*' })).toMatchObject({ kind: 'same' });
    const { etag } = first as { readonly etag: string };
    expect(await store.write(key, bytes('2'), { ifMatch: etag })).toMatchObject({ kind: 'written' });
    expect(await store.write(key, bytes('3'), { ifMatch: etag })).toEqual({ kind: 'conflict' });
    expect(await store.write(`${prefix}none`, bytes('3'), { ifMatch: etag })).toEqual({ kind: 'conflict' });
    expect(Buffer.from((await store.read(key))?.bytes ?? []).toString()).toBe('2');
  });

  it('lists what is under a prefix, by key, at once', async () => {
    expect(await store.list(`${prefix}h/`)).toEqual([]);
    for (const name of ['h/2', 'h/10', 'h', 'i/1']) {
      await store.write(`${prefix}${name}`, bytes(name), { ifNoneMatch: '*' });
    }
    expect((await store.list(`${prefix}h/`)).map(({ key }) => key)).toEqual([
      `${prefix}h/10`,
      `${prefix}h/2`,
    ]);
  });
});

/**
 * S3 promises the same of its conditional writes. S3Mock looks and writes in two steps, so that now and then it lets
 * several through: it can't show this.
 */
it('of writers at once under one condition an object store in memory lets one through', async () => {
  const store = createMemoryStore();
  const writes = ['1', '2', '3', '4'].map((text) =>
    store.write('a', Buffer.from(text), { ifNoneMatch: '*' }),
  );
  const kinds = (await Promise.all(writes)).map(({ kind }) => kind).toSorted();
  expect(kinds).toEqual(['conflict', 'conflict', 'conflict', 'written']);
});
