import { expect, it, vi } from 'vitest';
import { conduct } from '../../../../src/simulation/chaos/conduct.ts';
import type { PlannedFault } from '../../../../src/simulation/chaos/fault-kinds.ts';
import type { Stage } from '../../../../src/simulation/chaos/inflict.ts';

it('a broker that is not back yet is not hit again: that fault is left out, and said to be', async () => {
  const done: string[] = [];
  const back = Promise.withResolvers<undefined>();
  const broker = {
    kill: async (signal: string) => void done.push(signal),
    restart: async () => {
      await back.promise;
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
  const said: string[] = [];
  const conducted = conduct(plan, stage, {
    startedAt: Date.now(),
    signal: new AbortController().signal,
    say: (line) => said.push(line),
  });
  await vi.waitFor(() => expect(said).toContainEqual(expect.stringContaining('broker-restart: left out')), {
    timeout: 20_000,
  });
  back.resolve(undefined);
  const { faults, surprises } = await conducted;
  expect(done).toEqual(['SIGKILL', 'back']);
  expect(faults.map(({ fault }) => fault.kind)).toEqual(['broker-kill']);
  expect(surprises).toEqual([]);
});
