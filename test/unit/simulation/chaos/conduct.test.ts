import { expect, it, vi } from 'vitest';
import { conduct } from '../../../../src/simulation/chaos/conduct.ts';
import type { PlannedFault } from '../../../../src/simulation/chaos/fault-kinds.ts';
import type { Stage } from '../../../../src/simulation/chaos/inflict.ts';

it('a broker that comes back later than planned is hit again only when it is back', async () => {
  const done: string[] = [];
  const back = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  let restarts = 0;
  const broker = {
    kill: async (signal: string) => void done.push(signal),
    restart: async () => {
      await back[restarts++]?.promise;
      done.push('back');
    },
  };
  const pod = {
    name: 'pod-1',
    isRunning: () => true,
    status: async () => undefined,
    waitUntilReady: async () => undefined,
  };
  const stage = { services: { service: () => broker }, pods: [pod] } as unknown as Stage;
  const plan: PlannedFault[] = [
    { kind: 'broker-kill', atMs: 0, lastsMs: 0 },
    { kind: 'broker-restart', atMs: 1, lastsMs: 0 },
  ];
  const conducted = conduct(plan, stage, {
    startedAt: Date.now() - 1000,
    signal: new AbortController().signal,
    say: () => undefined,
  });
  await vi.waitFor(() => expect(restarts).toBe(1));
  expect(done).toEqual(['SIGKILL']);
  back[0]?.resolve(undefined);
  await vi.waitFor(() => expect(restarts).toBe(2));
  back[1]?.resolve(undefined);
  const { faults, surprises } = await conducted;
  expect(done).toEqual(['SIGKILL', 'back', 'SIGTERM', 'back']);
  expect(faults.map(({ fault }) => fault.kind)).toEqual(['broker-kill', 'broker-restart']);
  expect(surprises).toEqual([]);
});
