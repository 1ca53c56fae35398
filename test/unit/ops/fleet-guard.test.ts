import { describe, expect, it } from 'vitest';
import { assertMayJoin, fleetFault } from '../../../src/ops/fleet-guard.ts';
import type { LivePod, PodRecord } from '../../../src/ops/pods.ts';
import { RefusedToStart } from '../../../src/runtime/errors.ts';

const own: PodRecord = {
  pod: 'new',
  version: '1',
  startedAt: '2026-11-27T10:00:00.000Z',
  partitions: [],
  rulesVersion: undefined,
  rulesEtag: undefined,
  merchantsVersion: undefined,
  topic: 'events',
  groupId: 'g',
  lane: 'all',
  laneThresholdBytes: 1000,
  pushApi: 'https://push.example/',
  dryRun: false,
};
const live = (changes: Partial<PodRecord>): LivePod => ({
  ...own,
  pod: 'old',
  seenAt: '2026-11-27T10:00:00.000Z',
  ...changes,
});

describe('a pod that starts beside live ones', () => {
  it.each<[string, Partial<PodRecord>, Partial<PodRecord>]>([
    ['of its own deployment', {}, {}],
    ['of another group', {}, { groupId: 'other' }],
    ['that is its own last life', {}, { pod: 'new', topic: 'other' }],
    [
      'of a version that does not tell its push API',
      {},
      { pushApi: undefined as never, dryRun: undefined as never },
    ],
    [
      'a dry run beside one that pushes elsewhere',
      { dryRun: true, groupId: 'dry' },
      { pushApi: 'https://other/' },
    ],
    ['one that pushes beside a dry run', {}, { dryRun: true, groupId: 'dry', pushApi: 'https://other/' }],
    ['two dry runs of two push APIs', { dryRun: true }, { dryRun: true, pushApi: 'https://other/' }],
    ['another lane with its own group', { lane: 'small' }, { lane: 'large', groupId: 'large' }],
  ])('starts: %s', (_name, mine, theirs) => {
    expect(fleetFault({ ...own, ...mine }, [live(theirs)])).toBeUndefined();
  });

  it.each<[string, Partial<PodRecord>, Partial<PodRecord>, RegExp]>([
    [
      'of another topic',
      {},
      { topic: 'others' },
      /KAFKA_TOPIC is events here and others in the live pod old.*REDIS_PREFIX/,
    ],
    [
      'a dry run of another topic',
      {},
      { topic: 'others', dryRun: true, groupId: 'dry' },
      /KAFKA_TOPIC is events/,
    ],
    [
      'of another push API',
      {},
      { pushApi: 'https://other/' },
      /PUSH_API_URL is https:\/\/push\.example\/ here and https:\/\/other\/ in the live pod old.*REDIS_PREFIX/,
    ],
    [
      'a dry run in a group that pushes',
      { dryRun: true },
      {},
      /DRY_RUN is true here and false.*KAFKA_GROUP_ID g/,
    ],
    ['one that pushes in a dry run’s group', {}, { dryRun: true }, /DRY_RUN is false here and true/],
    ['another lane of its group', { lane: 'small' }, { lane: 'all' }, /KAFKA_GROUP_ID g is shared.*lane all/],
    [
      'a lane of another threshold',
      { lane: 'small' },
      { lane: 'large', groupId: 'large', laneThresholdBytes: 2000 },
      /LANE_THRESHOLD_BYTES is 1000 here and 2000/,
    ],
  ])('is refused: %s', (_name, mine, theirs, words) => {
    expect(fleetFault({ ...own, ...mine }, [live(theirs)])).toMatch(words);
  });
});

it('a pod that may not join is refused for good, with the fault as its reason', () => {
  const stranger = live({ topic: 'others' });
  expect(() => assertMayJoin(own, [stranger])).toThrow(
    new RefusedToStart(fleetFault(own, [stranger]) ?? 'no fault'),
  );
  expect(() => assertMayJoin(own, [live({})])).not.toThrow();
});
