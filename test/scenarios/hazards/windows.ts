/** Caps and their windows, while rules change, pushes wait and events come again. */
import { randomUUID } from 'node:crypto';
import type { HazardWorld } from '../../support/hazards/hazard-world.ts';
import { delivered, type Hazard } from './hazard.ts';
import { RECORD_LOOKED_UP } from './mutations.ts';

const WINDOW_MS = 1000;
const SHORT = { caps: [{ per: 'user', max: 1, window: '1s' }] };
const perUser = (max: number) => ({ per: 'user', max, window: '24h' });

async function windowPasses(world: HazardWorld): Promise<void> {
  const since = Date.now();
  await world.until(() => {
    if (Date.now() - since <= WINDOW_MS) throw new Error('still in the window');
  });
}

const redeliveredAfterItsWindow: Hazard = {
  name: 'an event is delivered again when the window of its push has passed',
  async play(world) {
    await world.run(0);
    await world.rule(SHORT);
    const event = await world.send();
    await world.ended(event);
    await world.idle();
    await world.bury(0);
    await windowPasses(world);
    await world.run(0);
    await world.decidedTimes(event, 2);
    await world.idle();
    return { outcomes: world.outcomesOf(event), requests: (await world.requestsOf(event)).length };
  },
  holds: { outcomes: ['queued'], requests: 1 },
  mutations: [{ ...RECORD_LOOKED_UP, breaks: { requests: 2 } }],
};

const rejectedComesAgain: Hazard = {
  name: 'an event whose push was rejected is delivered again',
  async play(world) {
    await world.run(0);
    await world.partners.control({ pushApi: { rates: { rejected: 1 } } });
    const event = await world.send();
    await world.ended(event);
    await world.idle();
    await world.partners.control({ pushApi: { rates: {} } });
    await world.bury(0);
    await world.run(0);
    await world.decidedTimes(event, 2);
    await world.idle();
    return delivered(world, event);
  },
  holds: { ends: ['rejected'], requests: 1 },
  mutations: [{ ...RECORD_LOOKED_UP, breaks: { ends: ['rejected', 'sent'], requests: 2 } }],
};

const pushApiAway: Hazard = {
  name: 'the push API is away for longer than the window',
  async play(world) {
    await world.run(0);
    await world.rule(SHORT);
    await world.partners.control({ pushApi: { rates: { tooMany429: 1 } } });
    const first = await world.send();
    await world.requested(first);
    await windowPasses(world);
    const second = await world.send({ userId: first.userId });
    await world.decided(second);
    await world.partners.control({ pushApi: { rates: {} } });
    await world.ended(first);
    return { first: world.endsOf(first), second: world.outcomesOf(second) };
  },
  holds: { first: ['sent'], second: ['filtered/cooldown'] },
  mutations: [
    {
      guard: 'an undelivered push keeps its place however old',
      edits: [
        {
          file: 'claims/scripts/claim.ts',
          find: "redis.call('ZADD', KEYS[2], '+inf', member)",
          replace: "redis.call('ZADD', KEYS[2], ms(now), member)",
        },
      ],
      breaks: { second: ['queued'] },
    },
  ],
};

const capsChange: Hazard = {
  name: 'caps are widened, raised, lowered and added between one user’s events',
  async play(world) {
    await world.run(0);
    const earliest = await world.send();
    await world.ended(earliest);
    const { userId, merchantId } = earliest;
    // A neighbour's coupon must not stand in for the one that is capped.
    const shop = { merchants: { allow: [merchantId] } };
    const outcomes: string[] = [];
    const next = async (): Promise<void> => {
      const event = await world.send({ userId });
      await world.ended(event);
      outcomes.push(...world.outcomesOf(event));
    };
    await world.rule({ ...shop, ...SHORT });
    await windowPasses(world);
    await next();
    await world.rule({ ...shop, caps: [perUser(2)] });
    await next();
    await world.rule({ ...shop, caps: [perUser(3)] });
    await next();
    await world.rule({ ...shop, caps: [perUser(1)] });
    await next();
    await world.rule({ ...shop, caps: [perUser(9), { per: 'user+merchant', max: 2, window: '24h' }] });
    await next();
    return { outcomes, pushes: await world.pushesTo(userId) };
  },
  holds: {
    outcomes: ['queued', 'filtered/cooldown', 'queued', 'filtered/cooldown', 'filtered/cooldown'],
    pushes: 3,
  },
  mutations: [
    {
      guard: 'the history is kept beyond a rule’s own window',
      edits: [
        {
          file: 'claims/scripts/claim.ts',
          find: 'ms(now - ${String(MAX_CAP_WINDOW_MS)})',
          replace: 'ms(now - tonumber(ARGV[7]))',
        },
      ],
      breaks: {
        outcomes: ['queued', 'queued', 'queued', 'filtered/cooldown', 'filtered/cooldown'],
        pushes: 4,
      },
    },
  ],
};

const oneIdTwoUsers: Hazard = {
  name: 'two users’ events have the same eventId',
  async play(world) {
    await world.run(0);
    await world.partners.control({ pushApi: { rates: { tooMany429: 1 } } });
    const eventId = randomUUID();
    const first = await world.send({ eventId });
    await world.requested(first);
    const second = await world.send({ eventId });
    await world.decided(second);
    await world.partners.control({ pushApi: { rates: {} } });
    await world.ended(first);
    await world.idle();
    return { first: world.endsOf(first), second: world.endsOf(second) };
  },
  holds: { first: ['sent'], second: ['sent'] },
  mutations: [
    {
      guard: 'a push is named after user and event',
      edits: [
        {
          file: 'push/push-id.ts',
          find: 'JSON.stringify([userId, eventId])',
          replace: 'JSON.stringify([eventId])',
        },
      ],
      breaks: { second: [] },
    },
  ],
};

export const windows: readonly Hazard[] = [
  redeliveredAfterItsWindow,
  rejectedComesAgain,
  pushApiAway,
  capsChange,
  oneIdTwoUsers,
];
