/** A note that this version can't read whole is nothing: no pod's note may take the page from the others. */
import { expect, it } from 'vitest';
import { parseSnapshot } from '../../../../src/ops/page/parse-snapshot.ts';
import { createSnapshots, type PodSnapshot } from '../../../../src/ops/page/snapshot.ts';
import { pageViewOf } from '../../../../src/ops/page/view/page-view.ts';
import { eventCounts, fleet, NOW_MS, partition, statusWith } from './example-fleet.ts';

const at = '2026-11-27T12:00:00.000Z';
const document = { version: 'r1', etag: null, hash: 'abc', loadedAt: at, lastError: null };
const place = { committed: 1, highWaterMark: 9, heldByTransactions: 0, lost: 0, resets: 0 };
const status = statusWith({
  events: eventCounts({ received: 9, 'dead_lettered.invalid': 2 }),
  ...{ away: ['coupon API'], reasons: ['a reason'] },
  waiting: [{ for: 'coupon API', events: 3, oldestSeconds: 4 }],
  partitions: [{ ...partition({ fault: 'no leader', lag: 7, behindSeconds: 60, etaSeconds: 9 }), ...place }],
  ...{ rules: document, merchants: document },
  killSwitch: { document: true, flag: true, set: { why: 'a wrong text', by: 'anna', since: at } },
  pushApi: { inFlight: 0, recentCalls: 20, recentFailures: 9, lastError: 'HTTP 503' },
  redis: { dataLost: 0, serverChanged: 0, faults: ['a fault'], warnings: [] },
});
/** There is something of everything. */
const told = createSnapshots({
  ...{ status: () => status, notReady: () => ['not yet'], mask: (text) => text },
  ...{ lane: 'all', dryRun: false, life: 'pod-2@1' },
})(NOW_MS, 0);

it('is read as it was written', () => {
  expect(parseSnapshot(JSON.stringify(told))).toEqual(told);
});

it('of another form, or of none, is nothing', () => {
  expect(parseSnapshot(JSON.stringify({ ...told, form: 2 }))).toBeUndefined();
  for (const text of ['', 'null', '7', '[]', '{}', '"x"', '{"form":1}', '{'])
    expect(parseSnapshot(text)).toBeUndefined();
});

type Path = readonly (string | number)[];

/** Of every value in it, however deep. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const below = Array.isArray(value)
    ? value.flatMap((one, index) => pathsOf(one, [...path, index]))
    : Object.entries(value).flatMap(([key, one]) => pathsOf(one, [...path, key]));
  return path.length === 0 ? below : [path, ...below];
}

/** As JSON; undefined: without the field. */
function replaced(value: unknown, [key, ...rest]: Path, put: unknown): unknown {
  if (key === undefined) return put;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[key] = replaced(copy[key], rest, put);
  return copy;
}

/** One count stands for all. */
const { received } = told.counts;
const small = { ...told, counts: { received }, rates: { received } };
const paths = pathsOf(small).map((path) => [path.join('.'), path] as const);
const ODD = [undefined, null, true, 'x', 7, -1, 1e300, {}, [], [null], [7], ['x'], { version: null }];

it.each(paths)('a page is made whatever stands in it: %s', (_name, path) => {
  for (const odd of ODD) {
    const read = parseSnapshot(JSON.stringify(replaced(told, path, odd)));
    if (read === undefined) continue;
    const text = JSON.stringify(pageViewOf(fleet([{}, read])));
    expect(text).not.toMatch(/NaN|undefined|\[object/);
  }
});

it.each(Object.keys(told) as (keyof PodSnapshot)[])('without its %s it is nothing', (field) => {
  expect(parseSnapshot(JSON.stringify({ ...told, [field]: undefined }))).toBeUndefined();
});

it.each([
  ['a partition that is none', { partitions: [null] }],
  ['a list that is none', { waiting: null }],
  ['a partner that is none', { couponApi: null }],
  ['a number that is none', { lag: null }],
  ['a time that is none', { rules: { ...told.rules, loadedAt: 'x' } }],
  ['a word of another version', { condition: 'new' }],
])('with %s it is nothing', (_what, changes) => {
  expect(parseSnapshot(JSON.stringify({ ...told, ...changes }))).toBeUndefined();
});

it('a later version may tell more', () => {
  const later = { ...told, more: 1, queue: { ...told.queue, more: 1 } };
  expect(parseSnapshot(JSON.stringify(later))).toEqual(told);
});

it('of a version with other reasons counts those that are known', () => {
  const counts = { received: 4, queued: 'x', abandoned: null, 'filtered.new': 1 };
  const read = parseSnapshot(JSON.stringify({ ...told, counts, deadLetteredAtMs: { new: 1 } }));
  expect(read?.counts).toMatchObject({ received: 4, queued: 0, abandoned: 0 });
  expect(read?.counts).not.toHaveProperty('filtered.new');
});
