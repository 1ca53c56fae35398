import { expect, it, vi } from 'vitest';
import { conduct } from '../../../simulation/chaos/conduct.ts';
import type { PlannedFault } from '../../../simulation/chaos/fault-kinds.ts';
import type { Stage } from '../../../simulation/chaos/inflict.ts';

/** A pod that runs throughout, and is ready at once where nothing else is said. */
const aPod = (ways: object = {}) => ({
  name: 'pod-1',
  isRunning: () => true,
  status: async () => undefined,
  waitUntilReady: async () => undefined,
  ...ways,
});

const play = (plan: readonly PlannedFault[], stage: unknown) => {
  const said: string[] = [];
  const conducted = conduct(plan, stage as Stage, {
    startedAt: Date.now(),
    signal: new AbortController().signal,
    say: (line) => said.push(line),
  });
  const isLeftOut = (kind: string) =>
    vi.waitFor(() => expect(said).toContainEqual(expect.stringContaining(`${kind}: left out`)), {
      timeout: 20_000,
    });
  return { conducted, isLeftOut };
};

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
  const plan: PlannedFault[] = [
    { kind: 'broker-kill', atMs: 0, lastsMs: 0 },
    { kind: 'broker-restart', atMs: 1, lastsMs: 0 },
  ];
  const { conducted, isLeftOut } = play(plan, {
    services: { all: [], service: () => broker },
    pods: [aPod()],
  });
  await isLeftOut('broker-restart');
  back.resolve(undefined);
  const { faults, surprises } = await conducted;
  expect(done).toEqual(['SIGKILL', 'back']);
  expect(faults.map(({ fault }) => fault.kind)).toEqual(['broker-kill']);
  expect(surprises).toEqual([]);
});

it('a pod that is not ready yet is not hit again', async () => {
  const done: string[] = [];
  const ready = Promise.withResolvers<undefined>();
  const pod = aPod({
    stop: async () => {
      done.push('stop');
      return { code: 0, signal: null };
    },
    start: async () => void done.push('start'),
    waitUntilReady: () => ready.promise,
  });
  const plan: PlannedFault[] = [
    { kind: 'pod-restart', atMs: 0, lastsMs: 0, pod: 0 },
    { kind: 'pod-kill', atMs: 1, lastsMs: 0, pod: 0 },
  ];
  const { conducted, isLeftOut } = play(plan, { pods: [pod] });
  await isLeftOut('pod-kill');
  ready.resolve(undefined);
  const { faults, surprises } = await conducted;
  expect(done).toEqual(['stop', 'start']);
  expect(faults.map(({ fault }) => fault.kind)).toEqual(['pod-restart']);
  expect(surprises).toEqual([]);
});
