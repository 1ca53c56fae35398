import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it, vi } from 'vitest';
import * as freePorts from '../../../simulation/services/free-ports.ts';

const { findFreePorts } = freePorts;

/** What is drawn next; else it is chance. */
const draws: number[] = [];
vi.mock('node:crypto', async (original) => {
  const real: { randomInt(most: number): number } = await original();
  return { ...real, randomInt: (most: number) => draws.shift() ?? real.randomInt(most) };
});

const blockOf = (port = 0): number => Math.floor((port - 12_500) / 25);

it('hands out each port once, also to two who ask at once and for more than a block has', async () => {
  const ports = (await Promise.all([findFreePorts(40), findFreePorts(40), findFreePorts(1)])).flat();
  expect(new Set(ports).size).toBe(81);
});

it('stays below the ephemeral ports, and a Redis cluster’s bus stays clear of all ports', async () => {
  const ports = await findFreePorts(200);
  expect(Math.max(...ports) + 10_000).toBeLessThan(32_768);
  expect(Math.max(...ports)).toBeLessThan(Math.min(...ports) + 10_000);
});

it('gives no port of a block that another process holds, though nobody listens on it', async () => {
  const [mine] = await findFreePorts(1);
  draws.push(blockOf(mine));
  const again = ['../../../simulation/services/free-ports.ts', 'another'].join('?');
  const another = (await import(again)) as typeof freePorts;
  const theirs = await another.findFreePorts(24);
  expect(draws).toEqual([]);
  expect(theirs.map(blockOf)).not.toContain(blockOf(mine));
});

it('gives no port on which somebody listens', async () => {
  const [first = 0] = await findFreePorts(1);
  const next = first + 1;
  const somebody = createServer();
  somebody.listen(next, '127.0.0.1');
  await once(somebody, 'listening');
  expect(await findFreePorts(30)).not.toContain(next);
  somebody.close();
});
