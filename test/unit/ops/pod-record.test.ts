import { expect, it } from 'vitest';
import { createPodRecord } from '../../../src/ops/pod-record.ts';

const identity = {
  pod: 'pod-1',
  version: '1.2.3',
  startedAtMs: Date.parse('2026-11-27T10:00:00.000Z'),
  topic: 'events',
  groupId: 'g',
  lane: 'small',
  laneThresholdBytes: 1000,
  pushApiUrl: 'https://user:secret@push.example:8443/api?key=secret',
  dryRun: true,
  recordForm: 2,
};

it('says what the pod is and what it has now', () => {
  const rules: { version: string | undefined } = { version: undefined };
  const record = createPodRecord(identity, {
    partitions: () => [{ topic: 'events', partition: 4, lag: 7 } as { topic: string; partition: number }],
    rules: () => ({ ...rules, etag: '"e"', hash: '0123456789ab' }),
    merchantsVersion: () => 'm1',
  });
  expect(record()).toEqual({
    pod: 'pod-1',
    version: '1.2.3',
    startedAt: '2026-11-27T10:00:00.000Z',
    partitions: [{ topic: 'events', partition: 4 }],
    rulesVersion: undefined,
    rulesEtag: '"e"',
    rulesHash: '0123456789ab',
    merchantsVersion: 'm1',
    topic: 'events',
    groupId: 'g',
    lane: 'small',
    laneThresholdBytes: 1000,
    pushApi: 'https://push.example:8443/api',
    dryRun: true,
    recordForm: 2,
  });
  rules.version = 'r2';
  expect(record().rulesVersion).toBe('r2');
});

it('tells nobody a secret of the push API’s address', () => {
  const none = {
    partitions: () => [],
    rules: () => ({ version: undefined, etag: undefined, hash: undefined }),
  };
  const record = createPodRecord(identity, { ...none, merchantsVersion: () => undefined });
  expect(JSON.stringify(record())).not.toContain('secret');
});
