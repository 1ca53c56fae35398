/** What a killed run left is removed by the next one, and nobody else's containers ever are. */
import { afterEach, expect, it } from 'vitest';
import { ownLabels, removeLeftovers } from '../../../simulation/services/docker/leftovers.ts';
import { type FakeEngine, json, type Reply, startFakeEngine } from '../../../support/services/fake-engine.ts';

const table = { name: 'here pid:[1]', isAlive: (pid: number) => pid === 7 };
let engine: FakeEngine | undefined;
afterEach(() => engine?.stop());

const container = (id: string, labels: Readonly<Record<string, string>>) => ({
  Id: id,
  Names: [`/name-of-${id}`],
  Labels: labels,
});

const removeFrom = async (containers: Reply, more: Readonly<Record<string, Reply>> = {}) => {
  const said: string[] = [];
  engine = await startFakeEngine({ replies: { 'GET /containers/json': containers, ...more } });
  await removeLeftovers({ host: engine.host, namedBy: '' }, (line) => said.push(line), table);
  return { said, removed: engine.asked.filter((call) => call.startsWith('DELETE')) };
};

it('removes the containers of dead processes of this machine alone, with their volumes', async () => {
  const gone: Reply = (response) => response.writeHead(204).end();
  const { said, removed } = await removeFrom(
    json([
      container('dead', ownLabels(table, 6)),
      container('alive', ownLabels(table, 7)),
      container('other-machine', ownLabels({ ...table, name: 'there pid:[1]' }, 6)),
      container('other-container', ownLabels({ ...table, name: 'here pid:[2]' }, 6)),
      container('odd', { 'coupon-push-notifier.run': 'x' }),
      container('foreign', {}),
    ]),
    { 'DELETE /containers/dead': gone },
  );
  expect(removed).toEqual(['DELETE /containers/dead?force=1&v=1']);
  expect(said).toEqual(['removed the container name-of-dead, left by process 6, which was killed']);
  expect(engine?.asked[0]).toContain(encodeURIComponent('{"label":["coupon-push-notifier.run"]}'));
});

it('leaves this run’s own, and disturbs nobody where the engine refuses', async () => {
  const labels = ownLabels();
  expect(Object.values(labels)[0]).toMatch(new RegExp(`^${String(process.pid)} `));
  const refused = await removeFrom(json({ message: 'no' }, 500));
  expect(refused).toEqual({ said: [], removed: [] });
  await engine?.stop();
  const half = await removeFrom(json([container('dead', ownLabels(table, 6))]), {
    'DELETE /containers/dead': json({ message: 'removal is already in progress' }, 409),
  });
  expect(half.said).toEqual([]);
});
